use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use events::{CLOUDEVENTS_JSON, Event};
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use tokio::task::JoinHandle;

use crate::KafkaSettings;
use crate::outage::{Outage, now};

/// librdkafka looks for records that are out of time once a second.
const TIMEOUT_GRANULARITY: Duration = Duration::from_secs(1);

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker is away, slow, or has no room. The same event can be sent again later; it may have arrived all the same.
    #[error("Kafka did not take the event: {reason}")]
    Unavailable {
        /// What librdkafka said.
        reason: String,
    },
    /// The broker will never take this event as it is.
    #[error("Kafka refused the event: {reason}")]
    Refused {
        /// What librdkafka said.
        reason: String,
    },
}

/// Where an event was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The partition.
    pub partition: i32,
    /// The offset within it.
    pub offset: i64,
}

/// Publishes events and awaits each acknowledgement. Made once per environment; cheap to clone.
#[derive(Clone)]
pub struct EventPublisher {
    inner: Arc<Inner>,
}

struct Inner {
    settings: KafkaSettings,
    outage: Arc<Outage>,
    producer: Mutex<FutureProducer<Context>>,
    warm_up: Mutex<Option<JoinHandle<()>>>,
}

impl EventPublisher {
    /// Makes the producer and starts to fetch the topic's metadata, without waiting for it. Needs a tokio runtime.
    pub fn start(settings: KafkaSettings, topic: &str) -> Result<Self, KafkaError> {
        let outage = Arc::new(Outage::new());
        let producer = make_producer(&settings, &outage)?;
        let warm_up = tokio::task::spawn_blocking({
            let (producer, topic, limit) = (producer.clone(), topic.to_owned(), settings.message_timeout);
            // A failure shows again, with its consequences, in the first publish.
            move || drop(producer.client().fetch_metadata(Some(&topic), limit))
        });
        let warm_up = Mutex::new(Some(warm_up));
        Ok(Self { inner: Arc::new(Inner { settings, outage, producer: Mutex::new(producer), warm_up }) })
    }

    /// Publishes one event under its key and waits until it is acknowledged. Takes at most `within`, at most a second longer than
    /// `KAFKA_MESSAGE_TIMEOUT_MS`, and no time at all while the broker is known to be away.
    pub async fn publish(&self, topic: &str, event: &Event, within: Duration) -> Result<Delivered, PublishError> {
        if self.inner.outage.refuses(now(), self.inner.patience()) {
            return Err(PublishError::Unavailable {
                reason: format!("the broker is away: {}", self.inner.outage.reason()),
            });
        }
        let started = Instant::now();
        let limit = within.min(self.inner.settings.message_timeout + TIMEOUT_GRANULARITY);
        let outcome = tokio::time::timeout(limit, self.send(topic, event)).await;
        let outcome = outcome.unwrap_or(Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut)));
        match outcome {
            Ok(delivery) => {
                self.inner.outage.over();
                log_delivery(topic, event, &delivery, started.elapsed());
                Ok(Delivered { partition: delivery.partition, offset: delivery.offset })
            }
            Err(error) => Err(self.failed(topic, &error)),
        }
    }

    async fn send(&self, topic: &str, event: &Event) -> Result<Delivery, KafkaError> {
        let warm_up = self.inner.warm_up.lock().expect("no holder panics").take();
        if let Some(warm_up) = warm_up {
            warm_up.await.ok();
        }
        let value = event.to_structured_json();
        let content_type = Header { key: "content-type", value: Some(CLOUDEVENTS_JSON) };
        let record = FutureRecord::to(topic)
            .key(event.key())
            .payload(&value)
            .headers(OwnedHeaders::new_with_capacity(1).insert(content_type));
        let sent = self.producer().send_result(record).map_err(|(error, _)| error)?;
        let canceled = KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue);
        sent.await.map_err(|_| canceled)?.map_err(|(error, _)| error)
    }

    fn failed(&self, topic: &str, error: &KafkaError) -> PublishError {
        self.remake_after_fatal_error();
        let reason = format!("{error}, {}", self.inner.outage.reason());
        if is_refusal(error) {
            return PublishError::Refused { reason };
        }
        if self.inner.outage.failed(now(), self.inner.settings.outage_after) {
            tracing::warn!(
                kafka.topic = topic,
                error.message = reason,
                "Kafka counts as away; probing until it answers"
            );
            tokio::spawn(probe(self.clone(), topic.to_owned()));
        }
        PublishError::Unavailable { reason }
    }

    fn producer(&self) -> FutureProducer<Context> {
        self.inner.producer.lock().expect("no holder panics").clone()
    }

    /// A producer with a fatal error refuses every record from then on.
    fn remake_after_fatal_error(&self) {
        let mut producer = self.inner.producer.lock().expect("no holder panics");
        let Some((code, reason)) = producer.client().fatal_error() else { return };
        tracing::error!(error.class = %code, error.message = reason, "The Kafka producer is remade after a fatal error");
        match make_producer(&self.inner.settings, &self.inner.outage) {
            Ok(remade) => *producer = remade,
            Err(error) => tracing::error!(error.message = %error, "The Kafka producer could not be remade"),
        }
    }
}

impl Inner {
    /// After how long without a probe a record has to find out: longer than a probe takes, so that it never has to in an
    /// environment that is not frozen.
    fn patience(&self) -> Duration {
        self.settings.probe_interval + self.settings.message_timeout + TIMEOUT_GRANULARITY
    }

    /// Asks with a producer that is made for it, and that takes the other's place once the broker has answered it. A client that a broker
    /// has told of a cluster without brokers, as one does that was frozen or has just started, forgets them all and never connects again
    /// (<https://github.com/confluentinc/librdkafka/issues/5301>). Blocks.
    fn is_answered(&self, topic: &str) -> bool {
        let made = make_producer(&self.settings, &self.outage);
        let Some(fresh) = made.ok().filter(|fresh| has_leaders(fresh, topic, self.settings.message_timeout)) else {
            return false;
        };
        // The other is dropped once the lock is free: it may wait for what it still has.
        let _other = std::mem::replace(&mut *self.producer.lock().expect("no holder panics"), fresh);
        true
    }
}

/// Asks the broker at intervals until it answers, or a record got through.
async fn probe(publisher: EventPublisher, topic: String) {
    let Inner { outage, settings, .. } = &*publisher.inner;
    while outage.is_known() {
        tokio::time::sleep(settings.probe_interval).await;
        outage.tries(now());
        let (inner, asked) = (Arc::clone(&publisher.inner), topic.clone());
        let answer = tokio::task::spawn_blocking(move || inner.is_answered(&asked));
        if answer.await.unwrap_or(false) {
            outage.answers(settings.outage_after);
            tracing::info!(kafka.topic = topic, "Kafka answers again");
        }
    }
}

/// Whether the broker answers and each partition of the topic has somebody who takes records.
fn has_leaders(producer: &FutureProducer<Context>, topic: &str, limit: Duration) -> bool {
    producer.client().fetch_metadata(Some(topic), limit).is_ok_and(|metadata| {
        let partitions = metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions);
        metadata.topics().iter().all(|topic| topic.error().is_none())
            && partitions.into_iter().all(|partition| partition.error().is_none() && partition.leader() >= 0)
    })
}

fn make_producer(settings: &KafkaSettings, outage: &Arc<Outage>) -> Result<FutureProducer<Context>, KafkaError> {
    settings.client().create_with_context(Context { outage: Arc::clone(outage) })
}

/// Whether the broker's answer is about the record, so that sending it again changes nothing.
fn is_refusal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{InvalidMessage, InvalidMessageSize, InvalidRecord, MessageSizeTooLarge};
    error
        .rdkafka_error_code()
        .is_some_and(|code| matches!(code, MessageSizeTooLarge | InvalidMessageSize | InvalidMessage | InvalidRecord))
}

fn log_delivery(topic: &str, event: &Event, delivery: &Delivery, took: Duration) {
    tracing::info!(
        event.id = %event.id,
        event.type = %event.event_type(),
        correlation.id = event.correlation_id.as_ref().map(events::Text::as_str),
        trace.id = event.trace_id().map(tracing::field::display),
        kafka.topic = topic,
        kafka.partition = delivery.partition,
        kafka.offset = delivery.offset,
        duration_ms = took.as_secs_f64() * 1e3,
        "Event published"
    );
}

/// Keeps what librdkafka says of its connections, for the log line of a request that fails.
struct Context {
    outage: Arc<Outage>,
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error.class = %error, error.message = reason, "Kafka connection trouble");
        self.outage.note(reason);
    }
}
