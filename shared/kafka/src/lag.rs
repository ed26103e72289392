use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};
use time::OffsetDateTime;

use crate::KafkaSettings;

/// How far a group has come in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The partition.
    pub partition: i32,
    /// The first offset that still can have a record.
    pub low: i64,
    /// The offset behind the last record.
    pub end: i64,
    /// Where the group goes on; none where it has committed nothing.
    pub committed: Option<i64>,
    /// Where records begin that are not older than the moment asked for; `end` where all are older.
    pub recent: i64,
}

/// Why it is not known how far a group has come.
#[derive(Debug, thiserror::Error)]
pub enum LagError {
    /// No broker answered in time.
    #[error("no broker answered in time")]
    Unreachable(#[source] KafkaError),
    /// A broker answered, and the topic is not there.
    #[error("the topic {0} is not there")]
    NoTopic(String),
    /// A broker answered, and a partition's leader or the group's coordinator did not.
    #[error("Kafka does not say how far the group has come")]
    Silent(#[source] KafkaError),
}

/// Asks how far a group has come in a topic, without joining it. Made once per environment; connects when it is first asked.
#[derive(Clone)]
pub struct GroupWatch(Arc<Inner>);

struct Inner {
    config: ClientConfig,
    topic: String,
    patience: Duration,
    consumer: Mutex<Option<Arc<BaseConsumer>>>,
}

impl Progress {
    /// The first offset that the group has not passed. One without commits begins with the first record there is, and so does one
    /// whose records were removed before it came to them.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.committed.unwrap_or(self.low).max(self.low)
    }

    /// How many offsets are left to the group.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.end.saturating_sub(self.next()).max(0).unsigned_abs()
    }

    /// Whether a record that is older than the moment asked for is left to the group.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.next() < self.recent.min(self.end)
    }
}

impl GroupWatch {
    /// Watches this group in this topic. Each answer is given up after `patience`.
    #[must_use]
    pub fn new(settings: &KafkaSettings, group: &str, topic: &str, patience: Duration) -> Self {
        let mut config = settings.reader();
        // What is not answered in that time went into a dead connection: the next question gets a new one.
        let limit = patience.as_millis().clamp(10, 60_000);
        config.set("group.id", group).set("socket.timeout.ms", limit.to_string());
        Self(Arc::new(Inner { config, topic: topic.to_owned(), patience, consumer: Mutex::new(None) }))
    }

    /// How far the group has come in each partition, in their order.
    ///
    /// # Panics
    /// The thread that asks panicked.
    pub async fn progress(&self, moment: OffsetDateTime) -> Result<Vec<Progress>, LagError> {
        let (inner, deadline) = (Arc::clone(&self.0), Instant::now() + self.0.patience);
        let asked = tokio::task::spawn_blocking(move || inner.progress(moment, deadline));
        asked.await.expect("asking Kafka does not panic")
    }
}

impl Inner {
    fn progress(&self, moment: OffsetDateTime, deadline: Instant) -> Result<Vec<Progress>, LagError> {
        let consumer = self.consumer().map_err(LagError::Unreachable)?;
        // Errors that came since the last time, which nobody else takes out. No record comes: nothing is assigned.
        while consumer.poll(Duration::ZERO).is_some() {}
        let partitions = self.partitions(&consumer, deadline).inspect_err(|error| self.forget(&consumer, error))?;
        let asked = Question { consumer: &consumer, topic: &self.topic, partitions: &partitions, deadline };
        let ask = || {
            let low = asked.offsets(Offset::Beginning)?;
            let committed = asked.committed()?;
            let recent = asked.offsets(Offset::Offset(millis(moment).max(0)))?;
            // Last, so that it is not before any of the others.
            let end = asked.offsets(Offset::End)?;
            let of_partition = |(place, partition): (usize, &i32)| {
                let end = end[place].unwrap_or(0);
                let (low, recent) = (low[place].unwrap_or(0), recent[place].unwrap_or(end));
                Progress { partition: *partition, low, end, committed: committed[place], recent }
            };
            Ok(partitions.iter().enumerate().map(of_partition).collect())
        };
        ask().map_err(LagError::Silent)
    }

    fn consumer(&self) -> Result<Arc<BaseConsumer>, KafkaError> {
        let mut made = self.consumer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = &*made {
            return Ok(Arc::clone(consumer));
        }
        let consumer: Arc<BaseConsumer> = Arc::new(self.config.create()?);
        *made = Some(Arc::clone(&consumer));
        Ok(consumer)
    }

    /// One that no broker answers may have been told by one that there are none, and never connects again
    /// (<https://github.com/confluentinc/librdkafka/issues/5301>): the next question has another.
    fn forget(&self, consumer: &Arc<BaseConsumer>, error: &LagError) {
        if matches!(error, LagError::Unreachable(_)) {
            let mut made = self.consumer.lock().unwrap_or_else(PoisonError::into_inner);
            made.take_if(|made| Arc::ptr_eq(made, consumer));
        }
    }

    fn partitions(&self, consumer: &BaseConsumer, deadline: Instant) -> Result<Vec<i32>, LagError> {
        let metadata = consumer.fetch_metadata(Some(&self.topic), left(deadline)).map_err(LagError::Unreachable)?;
        let topic = metadata.topics().iter().find(|topic| topic.name() == self.topic && topic.error().is_none());
        let mut partitions: Vec<i32> =
            topic.into_iter().flat_map(MetadataTopic::partitions).map(MetadataPartition::id).collect();
        partitions.sort_unstable();
        if partitions.is_empty() { Err(LagError::NoTopic(self.topic.clone())) } else { Ok(partitions) }
    }
}

/// What is asked about all partitions of a topic at once.
struct Question<'a> {
    consumer: &'a BaseConsumer,
    topic: &'a str,
    partitions: &'a [i32],
    deadline: Instant,
}

impl Question<'_> {
    /// Where records begin from a time in milliseconds, or the first or the last place; none where there are none. One request for
    /// each broker.
    fn offsets(&self, time: Offset) -> Result<Vec<Option<i64>>, KafkaError> {
        let found = self.consumer.offsets_for_times(self.list(time)?, left(self.deadline))?;
        self.values(&found)
    }

    /// Where the group goes on; none where it has committed nothing.
    fn committed(&self) -> Result<Vec<Option<i64>>, KafkaError> {
        let committed = self.consumer.committed_offsets(self.list(Offset::Invalid)?, left(self.deadline))?;
        self.values(&committed)
    }

    fn list(&self, offset: Offset) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(self.partitions.len());
        for partition in self.partitions {
            list.add_partition_offset(self.topic, *partition, offset)?;
        }
        Ok(list)
    }

    fn values(&self, list: &TopicPartitionList) -> Result<Vec<Option<i64>>, KafkaError> {
        let value = |found: TopicPartitionListElem<'_>| {
            found.error()?;
            Ok(if let Offset::Offset(offset) = found.offset() { Some(offset) } else { None })
        };
        let of_partition = |partition: &i32| list.find_partition(self.topic, *partition).map_or(Ok(None), value);
        self.partitions.iter().map(of_partition).collect()
    }
}

/// At least a millisecond: librdkafka takes none for no limit.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

fn millis(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).expect("years of four digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_and_late_follows_from_where_the_group_goes_on() {
        let of = |low, committed, recent, end| Progress { partition: 0, low, end, committed, recent };
        for (progress, lag, is_late, why) in [
            (of(0, Some(10), 10, 10), 0, false, "all is done"),
            (of(0, Some(7), 5, 10), 3, false, "what is left is recent"),
            (of(0, Some(7), 8, 10), 3, true, "one of the three is old"),
            (of(0, None, 10, 10), 10, true, "nothing was ever committed"),
            (of(4, None, 4, 10), 6, false, "it begins with the first record"),
            (of(6, Some(2), 8, 10), 4, true, "records were removed before it came to them"),
            (of(0, Some(12), 10, 10), 0, false, "the topic was made anew"),
            (of(0, None, 0, 0), 0, false, "there is nothing"),
        ] {
            assert_eq!((progress.lag(), progress.is_late()), (lag, is_late), "{why}");
        }
    }
}
