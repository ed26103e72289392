//! A topic, a group and an event source for each test.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use event_source::{Backoff, Config, EventSource, ScheduleConfig, Scheduler};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use template::{Function, Mapping, StartingPosition};
use testkit::{TestTopic, eventually};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::lambda::Lambda;

pub const PATIENCE: Duration = Duration::from_mins(1);

/// The mapping of `topic`, whose group is the topic's own: full batches of 10, or what comes within 100 ms.
pub fn config(topic: &TestTopic, lambda: &Lambda) -> Config {
    config_at(&testkit::bootstrap(), &topic.name, &lambda.endpoint)
}

pub fn config_at(bootstrap: &str, topic: &str, endpoint: &str) -> Config {
    let mapping = Mapping {
        logical_id: "ConsumerEvents".to_owned(),
        topic: topic.to_owned(),
        consumer_group: topic.to_owned(),
        batch_size: 10,
        window: Duration::from_millis(100),
        starting_position: StartingPosition::TrimHorizon,
        enabled: true,
    };
    let mut config = Config::new(&function(), &mapping, bootstrap, endpoint);
    config.backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_millis(800) };
    config
}

pub fn function() -> Function {
    Function {
        logical_id: "Consumer".to_owned(),
        name: "consumer".to_owned(),
        timeout: Duration::from_secs(10),
        memory_mb: 512,
        concurrency: None,
        environment: BTreeMap::new(),
        deployed: BTreeSet::new(),
        routes: Vec::new(),
        mappings: Vec::new(),
        schedules: Vec::new(),
    }
}

/// A running event source.
pub struct Source {
    stop: watch::Sender<bool>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Source {
    pub fn start(config: Config) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(EventSource::run(config, stopped)) }
    }

    pub fn start_schedule(config: ScheduleConfig) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(Scheduler::run(config, stopped)) }
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops").unwrap().unwrap();
    }
}

pub async fn wait_for(what: &str, condition: impl Fn() -> bool) {
    eventually(what, PATIENCE, async || condition().then_some(())).await;
}

pub fn producer(bootstrap: &str) -> FutureProducer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("message.max.bytes", "10000000")
        .set("message.timeout.ms", "30000")
        .create()
        .unwrap()
}

/// Writes `values` to one partition, in their order.
pub async fn produce(topic: &str, partition: i32, values: impl IntoIterator<Item = String>) {
    produce_at(&testkit::bootstrap(), topic, partition, values).await;
}

pub async fn produce_at(bootstrap: &str, topic: &str, partition: i32, values: impl IntoIterator<Item = String>) {
    let producer = producer(bootstrap);
    let values: Vec<String> = values.into_iter().collect();
    let sent: Vec<_> = values
        .iter()
        .map(|value| {
            let record = FutureRecord::<str, str>::to(topic).partition(partition).payload(value);
            producer.send_result(record).map_err(|(error, _)| error).unwrap()
        })
        .collect();
    for delivery in sent {
        delivery.await.unwrap().map_err(|(error, _)| error).unwrap();
    }
}

pub fn numbered(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("value {number}"))
}

/// What the group of `topic` has committed: offsets by partition.
pub fn committed(bootstrap: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
    committed_by(bootstrap, topic, topic, partitions)
}

/// What a group has committed.
pub fn committed_by(bootstrap: &str, group: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).set("group.id", group).create().unwrap();
    let mut asked = TopicPartitionList::new();
    asked.add_partition_range(topic, 0, partitions - 1);
    let known = consumer.committed_offsets(asked, PATIENCE).unwrap();
    known
        .elements()
        .iter()
        .map(|element| match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        })
        .collect()
}

pub async fn wait_until_committed(topic: &str, expected: &[Option<i64>]) {
    let partitions = i32::try_from(expected.len()).unwrap();
    let bootstrap = testkit::bootstrap();
    let what = format!("{expected:?} is committed");
    wait_for(&what, || committed(&bootstrap, topic, partitions) == expected).await;
}

/// That every offset up to `ends` was delivered with success, in order; repetitions may step back.
pub fn assert_complete_and_in_order(seen: &BTreeMap<i64, Vec<i64>>, ends: &[i64]) {
    for (partition, end) in (0_i64..).zip(ends) {
        let mut expected = 0;
        for offset in seen.get(&partition).into_iter().flatten() {
            assert!(*offset <= expected, "partition {partition} skips from {expected} to {offset}");
            expected = expected.max(offset + 1);
        }
        assert_eq!(expected, *end, "partition {partition} is not complete");
    }
}
