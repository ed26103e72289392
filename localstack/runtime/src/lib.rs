#![doc = include_str!("../README.md")]

mod answer;
mod blueprint;
mod caller;
mod clock;
mod config;
mod emf;
mod environment;
mod event;
mod failure;
mod figures;
mod host;
mod logs;
mod memory;
mod pool;
mod process;
mod routes;
mod runtime_api;
mod series;
mod server;
mod summary;
mod watchdog;

pub use config::RuntimeConfig;
pub use host::{Running, Runtime};
pub use logs::LogSink;
