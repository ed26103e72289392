//! All records of a topic, once more.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};
use template::StartingPosition;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::group::{client_config, on_a_thread};
use crate::{Config, EventSource};

/// How long Kafka has for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks how far the group has come.
const PAUSE: Duration = Duration::from_millis(300);

/// The offset behind the last record, by partition. Partitions without records are left out.
type Ends = BTreeMap<i32, i64>;

/// Delivers every record that the mapping's topic has now to its function, from the oldest on, as a group that has committed nothing
/// before; the mapping's own group stays where it is. Says how many there were.
///
/// # Errors
/// Kafka does not answer, or the mapping can never work.
pub async fn replay(mut config: Config, group: &str) -> anyhow::Result<i64> {
    group.clone_into(&mut config.mapping.consumer_group);
    config.mapping.starting_position = StartingPosition::TrimHorizon;
    let (ends, records) = ask(&config, ends).await?;
    let (stop, stopped) = watch::channel(false);
    let mut source = tokio::spawn(EventSource::run(config.clone(), stopped));
    tokio::select! {
        ended = &mut source => return ended.context("the event source panicked")?.map(|()| 0),
        come = come_to(&config, &ends) => come?,
    }
    stop.send_replace(true);
    source.await.context("the event source panicked")??;
    Ok(records)
}

/// Waits until the group has committed all up to these ends.
async fn come_to(config: &Config, ends: &Ends) -> anyhow::Result<()> {
    loop {
        let ends = ends.clone();
        if ends.is_empty() || ask(config, move |consumer, topic| has_come_to(consumer, topic, &ends)).await? {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
}

/// Asks Kafka about the mapping's topic, as the group.
async fn ask<T: Send + 'static>(
    config: &Config,
    question: impl FnOnce(&BaseConsumer, &str) -> Result<T, KafkaError> + Send + 'static,
) -> anyhow::Result<T> {
    let config = config.clone();
    let answer = on_a_thread(move || question(&client_config(&config).create()?, &config.mapping.topic)).await;
    answer.context("asking Kafka panicked")?.context("Kafka does not answer")
}

/// Where each partition ends now, and how many records there are.
fn ends(consumer: &BaseConsumer, topic: &str) -> Result<(Ends, i64), KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let (mut ends, mut records) = (Ends::new(), 0);
    for partition in metadata.topics().iter().flat_map(MetadataTopic::partitions) {
        let (low, high) = consumer.fetch_watermarks(topic, partition.id(), PATIENCE)?;
        if low < high {
            ends.insert(partition.id(), high);
            records += high - low;
        }
    }
    Ok((ends, records))
}

fn has_come_to(consumer: &BaseConsumer, topic: &str, ends: &Ends) -> Result<bool, KafkaError> {
    let mut asked = TopicPartitionList::new();
    for partition in ends.keys() {
        asked.add_partition(topic, *partition);
    }
    let committed = consumer.committed_offsets(asked, PATIENCE)?;
    Ok(committed.elements().iter().all(|known| match known.offset() {
        Offset::Offset(offset) => offset >= ends[&known.partition()],
        _ => false,
    }))
}
