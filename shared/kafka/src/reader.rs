use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
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
    low: i64,
    next: i64,
    end: i64,
    has_begun: bool,
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
        Ok(Self { consumer, topic: topic.to_owned(), patience, low, next, end, has_begun: false })
    }

    /// The first place that still can have a record: 0 where none was ever removed.
    #[must_use]
    pub fn low(&self) -> u64 {
        self.low.unsigned_abs()
    }

    /// The place behind the last record: 0 where nothing was ever written.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end.unsigned_abs()
    }

    /// How many places are left, at most as many records.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.next).max(0).unsigned_abs()
    }

    /// The values of the next records, so many at most; none at the end. Records without a value are left out. Fails where nothing
    /// came for as long as it is patient; what else goes wrong may pass in that time.
    pub async fn read(&mut self, limit: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        self.begin()?;
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
                Ok(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    bail!("records of {} were removed while they were read", self.topic)
                }
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

    fn begin(&mut self) -> anyhow::Result<()> {
        if !self.has_begun && self.next < self.end {
            let mut assignment = TopicPartitionList::new();
            assignment.add_partition_offset(&self.topic, PARTITION, Offset::Offset(self.next))?;
            self.consumer.assign(&assignment)?;
            self.has_begun = true;
        }
        Ok(())
    }
}
