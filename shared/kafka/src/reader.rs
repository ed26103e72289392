use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::{Instant, timeout_at};

use crate::KafkaSettings;

/// Where the records are.
const PARTITION: i32 = 0;

/// Which records are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// All of them.
    Beginning,
    /// So many at most, at the end.
    Last(u32),
}

/// Reads the values of a topic of one partition, in their order, up to where it ends when the reading begins. It belongs to no group
/// and commits nothing.
pub struct TopicReader {
    consumer: Arc<StreamConsumer>,
    topic: String,
    patience: Duration,
    next: i64,
    end: i64,
}

impl TopicReader {
    /// Asks where the topic begins and ends. The broker is given up when it says nothing for as long as `patience`.
    pub async fn open(settings: &KafkaSettings, topic: &str, start: Start, patience: Duration) -> anyhow::Result<Self> {
        let consumer: Arc<StreamConsumer> = Arc::new(settings.reader().create().context("no Kafka consumer")?);
        let ask = {
            let (consumer, topic) = (Arc::clone(&consumer), topic.to_owned());
            move || consumer.fetch_watermarks(&topic, PARTITION, patience)
        };
        let (low, end) = tokio::task::spawn_blocking(ask)
            .await
            .context("asking Kafka panicked")?
            .with_context(|| format!("Kafka does not say where the topic {topic} ends"))?;
        // Without a high one, nothing was ever written.
        let (low, end) = (low.max(0), end.max(0));
        let next = match start {
            Start::Beginning => low,
            Start::Last(records) => low.max(end - i64::from(records)),
        };
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(topic, PARTITION, Offset::Offset(next))?;
        if next < end {
            consumer.assign(&assignment)?;
        }
        Ok(Self { consumer, topic: topic.to_owned(), patience, next, end })
    }

    /// How many places are left, at most as many records.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.next).max(0).unsigned_abs()
    }

    /// The values of the next records, so many at most; none at the end. Records without a value are left out. Fails where nothing
    /// came for as long as it is patient; what else goes wrong may pass in that time.
    pub async fn read(&mut self, limit: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut values = Vec::new();
        let mut deadline = Instant::now() + self.patience;
        let mut trouble = None;
        while values.len() < limit && self.next < self.end {
            match timeout_at(deadline, self.consumer.recv()).await {
                Ok(Ok(record)) if record.offset() < self.end => {
                    self.next = record.offset() + 1;
                    values.extend(record.payload().map(<[u8]>::to_vec));
                    deadline = Instant::now() + self.patience;
                }
                // What is left are places without records.
                Ok(Ok(_) | Err(KafkaError::PartitionEOF(_))) => self.next = self.end,
                Ok(Err(error)) => trouble = Some(error),
                Err(_) => bail!(
                    "Kafka gave no record of {} for {:?}{}",
                    self.topic,
                    self.patience,
                    trouble.map_or_else(String::new, |error| format!(": {error}"))
                ),
            }
        }
        Ok(values)
    }
}
