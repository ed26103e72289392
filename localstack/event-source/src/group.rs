//! This member of the consumer group: which partitions it has, and whether Kafka answers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::KafkaError;
use serde::Deserialize;
use tokio::sync::{Notify, oneshot};

use crate::Config;

/// A consumer whose callbacks tell [`Member`].
pub(crate) type Consumer = StreamConsumer<Member>;

/// The settings that every connection of a mapping has.
pub(crate) fn client_config(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.bootstrap)
        .set("group.id", &config.mapping.consumer_group)
        .set("client.id", format!("event-source-{}", config.mapping.logical_id))
        .set("enable.auto.commit", "false")
        .set("allow.auto.create.topics", "false")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.max.ms", "2000");
    client
}

/// Runs what may block for ever on a thread of its own, which ends with the process at the latest. Nothing is
/// returned if it panics.
pub(crate) async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || drop(done.send(work())));
    result.await.ok()
}

/// A consumer in the mapping's group, which has not subscribed yet. Its assignments are counted from `generation` on.
pub(crate) fn consumer(config: &Config, generation: u64) -> Result<Consumer, KafkaError> {
    let state = Mutex::new(State { generation, ..State::default() });
    let member = Member { mapping: config.mapping.logical_id.clone(), state, stranded: Notify::new() };
    client_config(config)
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_committed")
        // Also for LATEST, whose place was committed before: where committed records are gone, go on with the oldest.
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", config.session_timeout.as_millis().to_string())
        .set("heartbeat.interval.ms", (config.session_timeout.as_millis() / 6).to_string())
        .set("max.poll.interval.ms", config.poll_limit().as_millis().to_string())
        .set("topic.metadata.refresh.interval.ms", "10000")
        .set("fetch.wait.max.ms", "250")
        .set("queued.max.messages.kbytes", "32768")
        .set("statistics.interval.ms", "1000")
        .create_with_context(member)
}

/// What librdkafka last said.
#[derive(Debug, Default)]
struct State {
    generation: u64,
    partitions: Vec<i32>,
    link: Link,
    silent: u32,
    /// How often in a row it knew no broker at all.
    stranded: u32,
    trouble: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Link {
    #[default]
    Unknown,
    Up,
    Away,
}

/// Counts assignments, so that the loop sees when one has come to an end, and logs what changes.
#[derive(Debug)]
pub(crate) struct Member {
    mapping: String,
    state: Mutex<State>,
    stranded: Notify,
}

impl Member {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of assignments and revocations so far.
    pub(crate) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// The partitions that this member has.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.state().partitions.clone()
    }

    /// Logs an error of the consumer, unless it is the one logged last.
    pub(crate) fn trouble(&self, error: &KafkaError) {
        use rdkafka::types::RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, Resolve};
        match error.rdkafka_error_code() {
            Some(AllBrokersDown) => self.link(false, true),
            Some(BrokerTransportFailure | Resolve) => {}
            _ => {
                let text = error.to_string();
                let mut state = self.state();
                if state.trouble.as_ref() != Some(&text) {
                    tracing::warn!(mapping = self.mapping, error = text, "Kafka refuses this consumer; trying on");
                    state.trouble = Some(text);
                }
            }
        }
    }

    /// Comes when the client has known no broker for some seconds, and so never will again. A broker that says of itself that the cluster
    /// has none, as one that was frozen does, makes it forget them all, those that it was started with too
    /// (<https://github.com/confluentinc/librdkafka/issues/5301>).
    pub(crate) async fn stranded(&self) {
        self.stranded.notified().await;
    }

    fn know(&self, brokers: usize) {
        const REPORTS: u32 = 3;
        let mut state = self.state();
        state.stranded = if brokers > 0 { 0 } else { state.stranded + 1 };
        if state.stranded == REPORTS {
            self.stranded.notify_one();
        }
    }

    fn link(&self, up: bool, certain: bool) {
        let mut state = self.state();
        state.silent = if up { 0 } else { state.silent + 1 };
        if up && state.link != Link::Up {
            tracing::info!(mapping = self.mapping, "Kafka answers");
            state.link = Link::Up;
        }
        if !up && state.link != Link::Away && (certain || state.silent > 1) {
            tracing::warn!(mapping = self.mapping, "Kafka does not answer; trying on, nothing is lost meanwhile");
            state.link = Link::Away;
        }
    }

    fn assign(&self, partitions: Vec<i32>) {
        let mut state = self.state();
        state.generation += 1;
        state.trouble = None;
        state.partitions = partitions;
    }
}

#[derive(Deserialize)]
struct Statistics {
    brokers: std::collections::HashMap<String, Broker>,
}

#[derive(Deserialize)]
struct Broker {
    state: String,
    source: String,
}

impl Broker {
    /// Whether there is an address behind it: the others stand for the group's coordinator, or for none.
    fn is_one(&self) -> bool {
        ["configured", "learned"].contains(&&*self.source)
    }
}

impl ClientContext for Member {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        // It repeats itself at every attempt; what matters of it is logged here, once.
        tracing::debug!(target: "librdkafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }

    fn stats_raw(&self, statistics: &[u8]) {
        if let Ok(statistics) = serde_json::from_slice::<Statistics>(statistics) {
            self.link(statistics.brokers.values().any(|broker| broker.state == "UP"), false);
            self.know(statistics.brokers.values().filter(|broker| broker.is_one()).count());
        }
    }
}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(partitions) = rebalance {
            tracing::info!(mapping = self.mapping, partitions = ?numbers(partitions), "Gave partitions back");
            self.assign(Vec::new());
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            // A partition that was paused when it was given back may still be.
            if let Err(error) = consumer.resume(partitions) {
                tracing::warn!(mapping = self.mapping, %error, "Cannot resume partitions");
            }
            let partitions = numbers(partitions);
            tracing::info!(mapping = self.mapping, ?partitions, "Got partitions");
            self.assign(partitions);
        }
    }
}

fn numbers(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
}
