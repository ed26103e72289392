#![doc = include_str!("../README.md")]

mod batch;
mod commits;
mod config;
mod group;
mod intake;
mod invoke;
mod record;
mod source;
mod start;

pub use config::{Backoff, Config, configs_of};
pub use source::EventSource;
