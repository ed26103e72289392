#![doc = include_str!("../README.md")]

pub mod artifacts;
mod attached;
mod commands;
mod database;
mod docker;
pub mod environment;
pub mod kafka;
mod lock;
mod ports;
pub mod postgres;
mod process;
mod record;
mod say;
mod server;
mod settings;
mod state;
mod topics;

pub use commands::{Command, run};
pub use ports::{Holder, free_port, holder};
pub use process::Identity;
pub use say::report;
pub use settings::Settings;
pub use state::{open_directory, scratch};
