//! Where a group is in its partitions, as Kafka says.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::group::Consumer;

/// Where the group is in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) partition: i32,
    /// What the group has committed, if anything.
    pub(crate) committed: Option<i64>,
    /// How many offsets there are from there, or from the oldest record, to the end.
    pub(crate) lag: i64,
}

impl Place {
    fn new(partition: i32, committed: Option<i64>, (low, high): (i64, i64)) -> Self {
        let next = committed.unwrap_or(low).max(low);
        Self { partition, committed, lag: (high - next).max(0) }
    }
}

/// Asks Kafka for the places of these partitions, and whether it answers where there are none. Blocks, for `limit` at
/// the longest. The consumer may be at work meanwhile: nothing of what it receives is taken.
pub(crate) fn places(
    consumer: &Consumer,
    topic: &str,
    partitions: &[i32],
    limit: Duration,
) -> Result<Vec<Place>, KafkaError> {
    if partitions.is_empty() {
        return consumer.fetch_metadata(Some(topic), limit).map(|_| Vec::new());
    }
    let until = Instant::now() + limit;
    let left = || until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut asked = TopicPartitionList::new();
    for partition in partitions {
        asked.add_partition(topic, *partition);
    }
    let known = consumer.committed_offsets(asked, left())?;
    let place = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        let committed = match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        };
        let bounds = consumer.fetch_watermarks(topic, element.partition(), left())?;
        Ok(Place::new(element.partition(), committed, bounds))
    };
    known.elements().iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_begins_at_what_is_committed_or_at_the_oldest_record_and_is_never_negative() {
        let lag = |committed| Place::new(0, committed, (10, 25)).lag;
        assert_eq!([Some(20), Some(25), None, Some(3), Some(30)].map(lag), [5, 0, 15, 15, 0]);
    }
}
