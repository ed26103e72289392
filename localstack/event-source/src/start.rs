//! The starting position `LATEST`.
//!
//! A member that starts at the end of a partition without saying so would start at the end again after a crash, and
//! skip the records in between. So the end is committed first, where the group has committed nothing yet.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::Config;
use crate::group::client_config;

const PATIENCE: Duration = Duration::from_secs(10);

/// Commits the end of every partition that the group has no offset of. Blocks.
pub(crate) fn commit_latest(config: &Config) -> Result<(), KafkaError> {
    let topic = config.mapping.topic.as_str();
    let consumer: BaseConsumer = client_config(config).create()?;
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let mut asked = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
        asked.add_partition(topic, partition.id());
    }
    let mut ends = TopicPartitionList::new();
    for known in consumer.committed_offsets(asked, PATIENCE)?.elements() {
        if known.offset() == Offset::Invalid {
            let (_, end) = consumer.fetch_watermarks(topic, known.partition(), PATIENCE)?;
            ends.add_partition_offset(topic, known.partition(), Offset::Offset(end))?;
        }
    }
    if ends.count() == 0 {
        return Ok(());
    }
    match consumer.commit(&ends, CommitMode::Sync) {
        // Other members are at work: each of them has done this before it joined.
        Err(KafkaError::ConsumerCommit(
            RDKafkaErrorCode::UnknownMemberId
            | RDKafkaErrorCode::IllegalGeneration
            | RDKafkaErrorCode::RebalanceInProgress,
        )) => Ok(()),
        other => other,
    }
}
