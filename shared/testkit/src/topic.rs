use std::time::{Duration, Instant};

use kafka::topics::{self, NewTopic};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use uuid::Uuid;

use crate::servers::environment;

/// The broker of `make up`, or what `KAFKA_BOOTSTRAP_SERVERS` names.
#[must_use]
pub fn bootstrap() -> String {
    environment().required("KAFKA_BOOTSTRAP_SERVERS").expect("it has a local default").to_owned()
}

/// A name that no other topic or group has.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the name of a test's topic must be new, and nothing depends on it")]
pub fn unique_name() -> String {
    format!("test.{}", Uuid::now_v7().simple())
}

/// A topic for one test. Deleted with its value.
pub struct TestTopic {
    /// Its name.
    pub name: String,
    bootstrap: String,
}

/// A record that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl TestTopic {
    /// Makes one on the broker of `make up`.
    pub async fn new(partitions: i32) -> Self {
        Self::on(&bootstrap(), partitions).await
    }

    /// Makes one on this broker.
    pub async fn on(bootstrap: &str, partitions: i32) -> Self {
        Self::with_config(bootstrap, partitions, &[]).await
    }

    /// Makes one on this broker, with settings by Kafka's names.
    pub async fn with_config(bootstrap: &str, partitions: i32, config: &[(&str, &str)]) -> Self {
        Self::named(unique_name(), bootstrap, partitions, config).await
    }

    /// Makes one under this name, which must be a test's own.
    pub async fn named(name: String, bootstrap: &str, partitions: i32, config: &[(&str, &str)]) -> Self {
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let topic = NewTopic { name: name.clone(), partitions, replication: 1, config };
        topics::create_missing(bootstrap, &[topic]).await.expect("Kafka answers: run `make up`");
        let topic = Self { name, bootstrap: bootstrap.to_owned() };
        // The controller has made it; the broker hears of it a moment later.
        let is_there = || async { topic.is_led().then_some(()) };
        crate::eventually("the broker knows the topic", Duration::from_secs(20), is_there).await;
        topic
    }

    /// Removes the records of a partition before this offset, as retention does.
    pub async fn remove_before(&self, partition: i32, offset: i64) {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.bootstrap).create().expect("an admin client");
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(&self.name, partition, Offset::Offset(offset)).expect("an offset");
        admin.delete_records(&before, &AdminOptions::new()).await.expect("the records are removed");
    }

    /// Commits these offsets for a group that has no members, each with its partition.
    pub fn commit(&self, group: &str, offsets: &[(i32, i64)]) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.name, *partition, Offset::Offset(*offset)).expect("an offset");
        }
        self.member(group).commit(&list, CommitMode::Sync).expect("the offsets are committed");
    }

    fn is_led(&self) -> bool {
        self.consumer().fetch_metadata(Some(&self.name), Duration::from_secs(5)).is_ok_and(|metadata| {
            let topic = &metadata.topics()[0];
            topic.error().is_none()
                && !topic.partitions().is_empty()
                && topic.partitions().iter().all(|partition| partition.leader() >= 0)
        })
    }

    fn consumer(&self) -> BaseConsumer {
        self.member("testkit")
    }

    fn member(&self, group: &str) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer")
    }

    /// All that the topic holds now, by partition and offset.
    #[must_use]
    pub fn read_all(&self) -> Vec<Read> {
        let consumer = self.consumer();
        let limit = Duration::from_secs(10);
        let metadata = consumer.fetch_metadata(Some(&self.name), limit).expect("metadata");
        let mut assignment = TopicPartitionList::new();
        let mut expected = 0;
        for partition in metadata.topics()[0].partitions() {
            let (low, high) = consumer.fetch_watermarks(&self.name, partition.id(), limit).expect("watermarks");
            expected += usize::try_from(high - low).expect("not negative");
            assignment.add_partition_offset(&self.name, partition.id(), Offset::Beginning).expect("an offset");
        }
        consumer.assign(&assignment).expect("an assignment");
        let end = Instant::now() + limit;
        let mut read = Vec::new();
        while read.len() < expected {
            assert!(Instant::now() < end, "{expected} records expected in {}, {} read", self.name, read.len());
            read.extend(consumer.poll(Duration::from_millis(100)).map(|message| Read::of(&message.expect("a record"))));
        }
        read.sort_by_key(|record| (record.partition, record.offset));
        read
    }
}

impl Read {
    fn of(message: &impl Message) -> Self {
        let headers = message.headers().map(|headers| {
            headers.iter().map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec())).collect()
        });
        Self {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers.unwrap_or_default(),
        }
    }
}

impl Drop for TestTopic {
    fn drop(&mut self) {
        let (bootstrap, name) = (self.bootstrap.clone(), self.name.clone());
        // The test's own runtime may be the one that is being left.
        let deleted = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(topics::delete(&bootstrap, &[&name]))
        });
        // A test that took the broker down leaves nothing to delete.
        deleted.join().ok();
    }
}
