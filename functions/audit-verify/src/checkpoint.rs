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
/// Records at the end of the topic among which the last checkpoint is looked for: whatever else somebody wrote is passed over.
const LAST: u32 = 100;
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

impl Checkpoint {
    /// Of these places.
    #[must_use]
    pub fn new(at: OffsetDateTime, places: &BTreeMap<String, Place>) -> Self {
        let head = |(chain, place): (&String, &Place)| Head {
            chain: chain.clone(),
            seq: place.seq,
            hash: audit_log::hex(&place.hash),
        };
        Self { at, heads: places.iter().map(head).collect() }
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

    /// The last one; none where none was ever made.
    pub async fn last(&self) -> anyhow::Result<Option<Checkpoint>> {
        let mut reader = TopicReader::open(&self.settings, &self.topic, Start::Last(LAST), PATIENCE).await?;
        let values = reader.read(LAST as usize).await?;
        let last = values.iter().rev().find_map(|value| read(value));
        if last.is_none() && !values.is_empty() {
            bail!("none of the last {LAST} records of {} is a checkpoint", self.topic);
        }
        Ok(last)
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

fn read(value: &[u8]) -> Option<Checkpoint> {
    serde_json::from_slice(value).ok()
}
