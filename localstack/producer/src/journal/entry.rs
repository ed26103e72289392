use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::Topic;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Parcel, Rubbish, What};

/// What a journal is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// What all ids of the shop begin with.
    pub name: String,
    /// The seed of its history.
    pub seed: u64,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
}

/// A line of a journal: what is sent stands there before it is, and what came of it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// The first line.
    Opened(Header),
    /// A record that is sent now, for the first time.
    Sends(Record),
    /// Records that are sent once more, by their numbers: nobody knows whether they have arrived.
    SendsAgain(Vec<u64>),
    /// Records that Kafka has, as often as they stand here.
    Acknowledged(Vec<u64>),
    /// Records that were not taken, as often as they stand here: Kafka has none of these.
    Refused(Vec<u64>),
}

/// A record, as a journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Which of the journal it is, from 0.
    pub number: u64,
    topic: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rubbish: Option<Rubbish>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The value in base64, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl Record {
    pub(super) fn of(number: u64, parcel: &Parcel) -> Self {
        let text = std::str::from_utf8(&parcel.value).ok();
        Self {
            number,
            topic: parcel.topic.default_name().to_owned(),
            key: parcel.key.clone(),
            event_id: parcel.event_id.clone(),
            duplicate: parcel.what == What::Duplicate,
            rubbish: if let What::Rubbish(kind) = parcel.what { Some(kind) } else { None },
            value: text.map(str::to_owned),
            bytes: text.is_none().then(|| STANDARD.encode(&parcel.value)),
        }
    }

    /// What was sent.
    pub fn parcel(&self) -> anyhow::Result<Parcel> {
        let topic = Topic::ALL.into_iter().find(|topic| topic.default_name() == self.topic);
        let value = match (&self.value, &self.bytes) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).context("a value is no base64")?,
            _ => bail!("record {} has no value, or two", self.number),
        };
        let what = match (self.rubbish, self.duplicate) {
            (Some(kind), _) => What::Rubbish(kind),
            (None, true) => What::Duplicate,
            (None, false) => What::Event,
        };
        let topic = topic.with_context(|| format!("there is no topic {}", self.topic))?;
        Ok(Parcel { what, topic, key: self.key.clone(), value, event_id: self.event_id.clone() })
    }
}
