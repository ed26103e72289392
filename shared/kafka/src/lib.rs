#![doc = include_str!("../README.md")]

mod ordered;
mod outage;
mod publisher;
mod reader;
mod settings;
pub mod topics;

pub use ordered::{Fate, OrderedPublisher, Outcome, Record, Refusal};
pub use publisher::{Delivered, EventPublisher, PublishError};
pub use reader::{Start, TopicReader};
pub use settings::KafkaSettings;
