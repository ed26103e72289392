use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Record;
use super::refusal::{is_refusal, stops_the_producer};
use super::run::Broken;
use crate::outage::Outage;
use crate::{Delivered, KafkaSettings};

/// How records go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In batches, and the first that is refused stops the producer.
    Together,
    /// Each in a batch of its own, so that it is refused alone.
    OneByOne,
}

/// What is the same in both modes, whatever the environment says.
const FIXED: [(&str, &str); 5] = [
    // An acknowledgement means that the row is deleted.
    ("acks", "all"),
    // No record is given up while others go out behind it: the run has the time limit.
    ("message.timeout.ms", "0"),
    ("retries", "2147483647"),
    // A run is no larger than what it was given.
    ("queue.buffering.max.messages", "0"),
    ("max.in.flight.requests.per.connection", "1"),
];

/// How long a broker may take to say that a topic is there, its connection included. In an outage each run asks this first, so that
/// the next one begins soon after its end.
const ASKING: Duration = Duration::from_millis(1500);

/// What came of a record, by its place in the run.
pub(super) type Verdict = (usize, Result<Delivered, KafkaError>);

/// A producer for one run at a time. What it still holds is purged when it is dropped.
pub(super) struct Sender {
    producer: Option<Arc<ThreadedProducer<Context>>>,
    verdicts: UnboundedReceiver<Verdict>,
    /// Topics that are known to be there.
    topics: HashSet<String>,
}

impl Sender {
    pub(super) fn make(settings: &KafkaSettings, mode: Mode, outage: &Arc<Outage>) -> Result<Self, KafkaError> {
        let mut client = settings.client().clone();
        for (name, value) in FIXED {
            client.set(name, value);
        }
        match mode {
            Mode::Together => client.set("enable.idempotence", "true").set("enable.gapless.guarantee", "true"),
            Mode::OneByOne => client.set("batch.num.messages", "1"),
        };
        let (sender, verdicts) = unbounded_channel();
        let producer = client.create_with_context(Context { outage: Arc::clone(outage), verdicts: sender })?;
        Ok(Self { producer: Some(Arc::new(producer)), verdicts, topics: HashSet::new() })
    }

    fn producer(&self) -> &Arc<ThreadedProducer<Context>> {
        self.producer.as_ref().expect("it is taken out by drop alone")
    }

    /// Puts a record on its way.
    pub(super) fn send(&self, place: usize, record: &Record<'_>) -> Result<(), KafkaError> {
        let mut message = BaseRecord::<[u8], [u8], Box<usize>>::with_opaque_to(record.topic, Box::new(place))
            .headers(headers(record));
        (message.key, message.payload) = (record.key, record.value);
        self.producer().send(message).map_err(|(error, _)| error)
    }

    /// Why a run ends. Once a refusal has stopped the producer, all that it still held comes back as purged, perhaps first.
    pub(super) fn broken(&self, error: KafkaError) -> Broken {
        if self.producer().client().fatal_error().is_some() { Broken::Refused } else { error.into() }
    }

    /// What came of the next record of which something is known.
    pub(super) async fn verdict(&mut self) -> Verdict {
        self.verdicts.recv().await.expect("the producer has the other end")
    }

    /// Whether the topic is there. librdkafka would hold records of one that is not for half a minute.
    pub(super) async fn find(&mut self, topic: &str, within: Duration) -> Result<(), NotFound> {
        if self.topics.contains(topic) {
            return Ok(());
        }
        if !is_name(topic) {
            return Err(NotFound::Refused(format!("{topic:?} cannot be a topic")));
        }
        let (producer, asked, within) = (Arc::clone(self.producer()), topic.to_owned(), within.min(ASKING));
        let answer = tokio::task::spawn_blocking(move || {
            let metadata = producer.client().fetch_metadata(Some(&asked), within)?;
            let error = metadata.topics().first().and_then(rdkafka::metadata::MetadataTopic::error);
            error.map_or(Ok(()), |error| Err(KafkaError::MetadataFetch(error.into())))
        });
        match answer.await.expect("asking does not panic") {
            Ok(()) => {
                self.topics.insert(topic.to_owned());
                Ok(())
            }
            Err(error) if is_refusal(&error) => Err(NotFound::Refused(format!("topic {topic}: {error}"))),
            Err(error) => Err(NotFound::Unavailable(format!("topic {topic}: {error}"))),
        }
    }

    /// Purges what it still holds, and comes back when nothing of it goes out any more.
    pub(super) async fn discard(self) {
        let producer = Arc::clone(self.producer());
        tokio::task::spawn_blocking(move || purge(&producer)).await.ok();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let Some(producer) = self.producer.take() else { return };
        // It takes until librdkafka's threads have ended.
        std::thread::spawn(move || {
            purge(&producer);
            drop(producer);
        });
    }
}

/// Why records of a topic do not go out.
pub(super) enum NotFound {
    /// There is no such topic, or it may not be written to.
    Refused(String),
    /// The broker does not say.
    Unavailable(String),
}

impl From<KafkaError> for Broken {
    fn from(error: KafkaError) -> Self {
        if is_refusal(&error) || stops_the_producer(&error) {
            Self::Refused
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}

fn purge(producer: &ThreadedProducer<Context>) {
    producer.purge(PurgeConfig::default().queue().inflight());
}

fn headers(record: &Record<'_>) -> OwnedHeaders {
    let headers = OwnedHeaders::new_with_capacity(record.headers.len());
    record.headers.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

/// Whether Kafka would take it for the name of a topic; of another one librdkafka makes a panic.
fn is_name(topic: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=249).contains(&topic.len()) && topic.bytes().all(is_allowed) && topic != "." && topic != ".."
}

/// Passes verdicts on, and keeps what librdkafka says of its connections.
pub(super) struct Context {
    outage: Arc<Outage>,
    verdicts: UnboundedSender<Verdict>,
}

impl ClientContext for Context {
    /// librdkafka warns at every start that a setting is experimental; it is chosen all the same (see `ordered.rs`), and tested.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let expected = facility == "CONFWARN" && message.contains("enable.gapless.guarantee");
        if !expected {
            DefaultClientContext.log(level, facility, message);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error.class = %error, error.message = reason, "Kafka connection trouble");
        self.outage.note(reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, place: Box<usize>) {
        let delivered =
            |message: &BorrowedMessage<'_>| Delivered { partition: message.partition(), offset: message.offset() };
        let verdict = result.as_ref().map(delivered).map_err(|(error, _)| error.clone());
        // A run that was given up has nobody who listens.
        self.verdicts.send((*place, verdict)).ok();
    }
}
