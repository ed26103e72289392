#![doc = include_str!("../README.md")]

mod outage;
mod publisher;
mod settings;
pub mod topics;

pub use publisher::{Delivered, EventPublisher, PublishError};
pub use settings::KafkaSettings;
