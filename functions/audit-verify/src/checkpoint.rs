use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kafka::{Fate, KafkaSettings, OrderedPublisher, Record, Start, TopicReader};
use serde::{Deserialize, Serialize};
use settings::{Environment, SettingError};
use store::audit_log::{self, Place};
use time::OffsetDateTime;

/// The topic where the environment names no other.
const TOPIC: &str = "audit.checkpoints";
/// The key of all records, so that they have one order.
const KEY: &[u8] = b"heads";
/// Records at the end of the topic among which the last checkpoint is looked for, first among a few: whatever else somebody wrote is
/// passed over.
const LAST: [u32; 3] = [100, 10_000, 1_000_000];
/// Records that are in memory at once.
const PAGE: usize = 1000;
/// How long the broker may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the chains stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The last verified row of each chain, in the order of the chains.
    pub heads: Vec<Head>,
    /// A chain that somebody took as it stood, whatever was known of it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

/// A chain is not what it was, and somebody says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The chain.
    pub chain: String,
    /// Where it stood in the checkpoint before; before its first row where it was in none.
    pub from: Stood,
    /// Where it stands now.
    pub to: Stood,
    /// Why that is so.
    pub reason: String,
    /// Who says it.
    pub by: String,
}

/// Where a chain stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// The place.
    pub seq: i64,
    /// Its hash, in hex.
    pub hash: String,
}

impl From<Head> for Stood {
    fn from(head: Head) -> Self {
        Self { seq: head.seq, hash: head.hash }
    }
}

/// The last verified row of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: String,
    /// Its place.
    pub seq: i64,
    /// Its hash, in hex.
    pub hash: String,
}

impl Head {
    /// Of this chain at this place.
    #[must_use]
    pub fn new(chain: &str, place: &Place) -> Self {
        Self { chain: chain.to_owned(), seq: place.seq, hash: audit_log::hex(&place.hash) }
    }
}

impl Checkpoint {
    /// Of these places.
    #[must_use]
    pub fn new(at: OffsetDateTime, places: &BTreeMap<String, Place>) -> Self {
        Self { at, heads: places.iter().map(|(chain, place)| Head::new(chain, place)).collect(), accepted: None }
    }

    /// The places of the chains. A hash that is none is the hash of no row.
    pub fn places(self) -> impl Iterator<Item = (String, Place)> {
        self.heads.into_iter().map(|head| (head.chain, Place { seq: head.seq, hash: bytes(&head.hash) }))
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).map_while(digit).collect()
}

/// From where to where a topic has records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first place that can have one: 0 where none was ever removed.
    pub low: u64,
    /// The place behind the last: 0 where nothing was ever written.
    pub end: u64,
}

impl Extent {
    fn of(reader: &TopicReader) -> Self {
        Self { low: reader.low(), end: reader.end() }
    }
}

/// The end of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// The last checkpoint; none where there is none in the whole topic.
    pub checkpoint: Option<Checkpoint>,
    /// What there is of the topic.
    pub extent: Extent,
}

/// The topic of the checkpoints.
pub struct Checkpoints {
    settings: KafkaSettings,
    topic: String,
}

impl Checkpoints {
    /// Reads the settings.
    pub fn of(environment: &Environment) -> Result<Self, SettingError> {
        let topic = environment.optional("TOPIC_AUDIT_CHECKPOINTS").unwrap_or(TOPIC).to_owned();
        Ok(Self { settings: KafkaSettings::read(environment)?, topic })
    }

    /// The last one. Fails where so much else stands behind it that it cannot be found.
    pub async fn last(&self) -> anyhow::Result<Last> {
        for records in LAST {
            let mut reader = TopicReader::open(&self.settings, &self.topic, Start::Last(records), PATIENCE).await?;
            let extent = Extent::of(&reader);
            let is_all = reader.left() >= extent.end.saturating_sub(extent.low);
            let checkpoint = last_of(&mut reader).await?;
            if checkpoint.is_some() || is_all {
                return Ok(Last { checkpoint, extent });
            }
        }
        bail!("none of the last {} records of {} is a checkpoint", LAST[LAST.len() - 1], self.topic)
    }

    /// All of them.
    pub async fn all(&self) -> anyhow::Result<All> {
        TopicReader::open(&self.settings, &self.topic, Start::Beginning, PATIENCE).await.map(All)
    }

    /// Writes one, and waits for the acknowledgement.
    pub async fn publish(&self, checkpoint: &Checkpoint, within: Duration) -> anyhow::Result<()> {
        let value = serde_json::to_vec(checkpoint)?;
        let publisher = OrderedPublisher::start(self.settings.clone()).context("no Kafka producer")?;
        let record = Record { topic: &self.topic, key: Some(KEY), value: Some(&value), headers: &[] };
        let outcome = publisher.publish(&[record], within).await;
        match (outcome.fates.first(), outcome.unavailable) {
            (Some(Fate::Acknowledged), _) => Ok(()),
            (Some(Fate::Refused(reason)), _) => bail!("Kafka refused the checkpoint: {reason}"),
            (_, reason) => bail!("Kafka did not take the checkpoint: {}", reason.unwrap_or_default()),
        }
    }
}

/// All checkpoints, some at a time.
pub struct All(TopicReader);

impl All {
    /// What there is of the topic.
    #[must_use]
    pub fn extent(&self) -> Extent {
        Extent::of(&self.0)
    }

    /// How many there still are, at most.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.0.left()
    }

    /// The next ones, so many at most; none at the end. What is no checkpoint is passed over.
    pub async fn next(&mut self, limit: usize) -> anyhow::Result<Option<Vec<Checkpoint>>> {
        let values = self.0.read(limit).await?;
        Ok((!values.is_empty()).then(|| values.iter().filter_map(|value| read(value)).collect()))
    }
}

async fn last_of(reader: &mut TopicReader) -> anyhow::Result<Option<Checkpoint>> {
    let mut last = None;
    loop {
        let values = reader.read(PAGE).await?;
        if values.is_empty() {
            return Ok(last);
        }
        last = values.iter().rev().find_map(|value| read(value)).or(last);
    }
}

fn read(value: &[u8]) -> Option<Checkpoint> {
    serde_json::from_slice(value).ok()
}
