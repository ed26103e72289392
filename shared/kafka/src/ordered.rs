//! Publishing many records at once, in the order of their keys.
//!
//! Every run sends, of each key, a beginning of what it was given, and nothing after a record that did not get through. That holds
//! whatever the broker does, and so whatever an earlier run (of this process, or of one that died) still has on its way, the first
//! appearance of each record keeps the order of its key: each run begins at the first record that nobody saw acknowledged, and
//! what appears again was there before. It rests on this:
//!
//! - The first record of each key goes ahead, and the others follow once it is acknowledged. A broker takes whatever comes first from a
//!   producer that it has not met in a partition, also what comes behind a batch that it has just refused; from one that it has met it
//!   takes nothing behind a gap.
//! - One request is in flight for each broker, so that not more is on its way than must be.
//! - Records never expire by themselves: librdkafka would go on behind the gap. The run has a time limit, and what it leaves is
//!   purged.
//! - A batch that the broker refuses stops the producer (`enable.gapless.guarantee`).
//! - After any failure, and where a run is abandoned, the producer is purged and another is made.

mod refusal;
mod run;
mod sender;

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError;
use run::{Broken, Run};
use sender::{Mode, Sender};
use tokio::sync::Mutex;
use tokio::time::Instant;

pub use refusal::Refusal;

use crate::outage::{Outage, now};
use crate::{Delivered, KafkaSettings};

/// A record of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The key. Records of a topic with the same key keep their order; those without one have none.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, in their order.
    pub headers: &'a [(String, Vec<u8>)],
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The broker has it.
    Acknowledged,
    /// The broker will not take it as it is, for this reason. The records of its key behind it wait.
    Refused(Refusal),
    /// Not acknowledged; it may have arrived all the same.
    Waits,
}

/// What became of the records of a run, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Of each record. Of each key a beginning is acknowledged.
    pub fates: Vec<Fate>,
    /// Where each was written, as far as the broker said.
    pub delivered: Vec<Option<Delivered>>,
    /// Why the run ended before its end, where it did: the broker is away or slow, which is no fault of the records.
    pub unavailable: Option<String>,
}

/// Publishes runs of records, each in the order of its keys. Made once per environment; one run at a time.
pub struct OrderedPublisher {
    settings: KafkaSettings,
    outage: Arc<Outage>,
    sender: Mutex<Option<Sender>>,
}

impl OrderedPublisher {
    /// Makes the producer, which connects at once.
    pub fn start(settings: KafkaSettings) -> Result<Self, KafkaError> {
        let outage = Arc::new(Outage::new());
        let sender = Sender::make(&settings, Mode::Together, &outage)?;
        Ok(Self { settings, outage, sender: Mutex::new(Some(sender)) })
    }

    /// Whether the broker is known to be away, so that a run now would only wait. One caller is told no at intervals, to find out.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.outage.refuses(now(), self.settings.probe_interval)
    }

    /// Whether the broker was away when it was last tried.
    #[must_use]
    pub fn was_away(&self) -> bool {
        self.outage.is_known()
    }

    /// Publishes the records within this time. Where the broker refuses one, the others are sent one by one of each key, so that
    /// only its key is held up.
    pub async fn publish(&self, records: &[Record<'_>], within: Duration) -> Outcome {
        let deadline = Instant::now() + within;
        let mut run = Run::new(records);
        let mut broken = self.publish_together(&mut run, deadline).await.err();
        if matches!(broken, Some(Broken::Refused)) {
            broken = self.one_by_one(&mut run, deadline).await.err();
        }
        self.conclude(run, broken)
    }

    /// Publishes the records with one at a time of each key on its way, and each in a batch of its own: for those that were
    /// refused before, so that no other record is in a batch with them.
    pub async fn publish_one_by_one(&self, records: &[Record<'_>], within: Duration) -> Outcome {
        let mut run = Run::new(records);
        let broken = self.one_by_one(&mut run, Instant::now() + within).await.err();
        self.conclude(run, broken)
    }

    async fn publish_together(&self, run: &mut Run<'_>, deadline: Instant) -> Result<(), Broken> {
        let mut kept = self.sender.lock().await;
        // Taken out, so that it is purged where this future is dropped.
        let mut sender = match kept.take() {
            Some(sender) => sender,
            None => Sender::make(&self.settings, Mode::Together, &self.outage)?,
        };
        let result = run.send_together(&mut sender, deadline).await;
        if result.is_ok() {
            *kept = Some(sender);
        } else {
            sender.discard().await;
            // It connects meanwhile, so that the next run finds out at once whether the broker is back.
            *kept = Sender::make(&self.settings, Mode::Together, &self.outage).ok();
        }
        result
    }

    async fn one_by_one(&self, run: &mut Run<'_>, deadline: Instant) -> Result<(), Broken> {
        let mut sender = Sender::make(&self.settings, Mode::OneByOne, &self.outage)?;
        let result = run.send_one_by_one(&mut sender, deadline).await;
        sender.discard().await;
        result
    }

    fn conclude(&self, run: Run<'_>, broken: Option<Broken>) -> Outcome {
        let unavailable = match broken {
            Some(Broken::Unavailable(reason)) => {
                self.outage.failed(now(), self.settings.outage_after);
                Some(format!("{reason}, {}", self.outage.reason()))
            }
            Some(Broken::Refused) | None => {
                self.outage.over();
                None
            }
        };
        let (fates, delivered) = run.into_parts();
        Outcome { fates, delivered, unavailable }
    }
}
