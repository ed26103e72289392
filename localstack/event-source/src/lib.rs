#![doc = include_str!("../README.md")]

mod batch;
mod commits;
mod config;
mod group;
mod intake;
mod invoke;
mod place;
mod progress;
mod record;
mod replay;
mod schedule;
mod scheduled_event;
mod source;
mod sources;
mod start;
mod status;
mod stop;

pub use config::{Backoff, Config};
pub use replay::replay;
pub use schedule::{ScheduleConfig, Scheduler};
pub use source::EventSource;
pub use sources::Sources;
