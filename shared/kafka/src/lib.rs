#![doc = include_str!("../README.md")]

mod lag;
mod ordered;
mod outage;
mod publisher;
mod reader;
mod settings;
pub mod topics;

pub use lag::{GroupWatch, LagError, Progress};
pub use ordered::{Fate, OrderedPublisher, Outcome, Record, Refusal};
pub use publisher::{Delivered, EventPublisher, PublishError};
pub use reader::{Start, TopicReader};
pub use settings::KafkaSettings;
