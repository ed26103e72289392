//! What arrives in the topic of dead letters.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::task::block_in_place;

use crate::operator::Letter;

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the topic from where it ended when this was made.
pub(crate) struct Copies(BaseConsumer);

impl Copies {
    pub(crate) fn from_now(bootstrap: &str, topic: &str) -> anyhow::Result<Self> {
        block_in_place(|| {
            let consumer: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", bootstrap)
                // Nothing is committed, but the client library wants a name.
                .set("group.id", "demo")
                .set("enable.auto.commit", "false")
                .create()?;
            let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
            let mut ends = TopicPartitionList::new();
            for partition in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
                let (_, end) = consumer.fetch_watermarks(topic, partition.id(), PATIENCE)?;
                ends.add_partition_offset(topic, partition.id(), Offset::Offset(end))?;
            }
            consumer.assign(&ends)?;
            anyhow::Ok(Self(consumer))
        })
        .with_context(|| format!("cannot read the topic {topic}: see `make status`"))
    }

    /// How many copies of the letter came by now that have its bytes and say where they come from.
    pub(crate) fn of(&self, letter: &Letter, key: &str, value: &[u8]) -> u64 {
        block_in_place(|| {
            let arrived = std::iter::from_fn(|| self.0.poll(Duration::from_millis(100)));
            let right = arrived.flatten().filter(|copy| {
                copy.key() == Some(key.as_bytes()) && copy.payload() == Some(value) && is_from(copy, letter)
            });
            right.count() as u64
        })
    }
}

fn is_from(copy: &BorrowedMessage<'_>, letter: &Letter) -> bool {
    let Some(headers) = copy.headers() else { return false };
    let origin = [
        ("__dlq.errors.topic", letter.topic.clone()),
        ("__dlq.errors.partition", letter.partition.to_string()),
        ("__dlq.errors.offset", letter.offset.to_string()),
    ];
    origin
        .iter()
        .all(|(name, value)| headers.iter().any(|header| header.key == *name && header.value == Some(value.as_bytes())))
}
