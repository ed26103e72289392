#![doc = include_str!("../README.md")]

mod answer;
mod clock;
mod config;
mod environment;
mod event;
mod failure;
mod host;
mod logs;
mod pool;
mod process;
mod routes;
mod runtime_api;
mod server;
mod watchdog;

pub use config::RuntimeConfig;
pub use host::{Running, Runtime};
pub use logs::LogSink;
