use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::Number;
use store::consumer_failures::Beginning;
use time::OffsetDateTime;

use crate::headers::Headers;

/// What Lambda gives a function that a Kafka topic triggers, with base64 and signed bytes already decoded: where thousands of records
/// come at once, holding their text as well costs as much as decoding the events.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "Invocation")]
pub struct Payload {
    /// By topic and partition, which each record repeats. None where a schedule sent it.
    records: BTreeMap<String, Vec<Record>>,
}

#[derive(serde::Deserialize)]
struct Invocation {
    records: Option<BTreeMap<String, Vec<Record>>>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
}

/// What `EventBridge` calls the events of its schedules.
const SCHEDULED: &str = "Scheduled Event";

impl TryFrom<Invocation> for Payload {
    type Error = &'static str;

    fn try_from(invocation: Invocation) -> Result<Self, Self::Error> {
        match (invocation.records, invocation.detail_type.as_deref()) {
            (Some(records), _) => Ok(Self { records }),
            (None, Some(SCHEDULED)) => Ok(Self::default()),
            (None, _) => Err("the payload is neither a batch of a Kafka mapping nor the event of a schedule"),
        }
    }
}

/// A record of a Kafka topic.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Record {
    /// The topic it came from.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// When it was produced or appended, as the topic is set.
    #[serde(rename = "timestamp", default, deserialize_with = "time")]
    pub time: Option<OffsetDateTime>,
    /// Its key.
    #[serde(default, deserialize_with = "bytes")]
    pub key: Option<Vec<u8>>,
    /// Its value; none is a tombstone.
    #[serde(default, deserialize_with = "bytes")]
    pub value: Option<Vec<u8>>,
    /// Its headers, in their order.
    #[serde(default, deserialize_with = "headers")]
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Payload {
    /// Whether it has no records, as a tick.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.values().all(Vec::is_empty)
    }

    /// Where it begins in each partition. Those of a partition stand together.
    pub(crate) fn beginnings(&self) -> Vec<Beginning> {
        let first = |records: &Vec<Record>| {
            let first = records.iter().min_by_key(|record| record.offset)?;
            Some(Beginning { topic: first.topic.clone(), partition: first.partition, offset: first.offset })
        };
        self.records.values().filter_map(first).collect()
    }

    /// All records in the order of topic, partition and offset, which the payload need not keep.
    pub(crate) fn in_order(self) -> Vec<Record> {
        let mut records: Vec<Record> = self.records.into_values().flatten().collect();
        records.sort_by(|a, b| (&a.topic, a.partition, a.offset).cmp(&(&b.topic, b.partition, b.offset)));
        records
    }
}

/// From milliseconds since 1970. A producer may write any number there, and -1 stands for none: what is no time of the years 1970 to
/// 9999 is none, and stops nothing.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let millis =
        Option::<Number>::deserialize(deserializer)?.and_then(|number| number.as_i64()).filter(|millis| *millis >= 0);
    Ok(millis.and_then(|millis| OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()))
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    Ok(Option::<Base64>::deserialize(deserializer)?.map(|Base64(bytes)| bytes))
}

struct Base64(Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64Visitor)
    }
}

struct Base64Visitor;

impl Visitor<'_> for Base64Visitor {
    type Value = Base64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes in base64")
    }

    /// Lambda always sends base64; anything else is kept as it is, so that a dead letter shows it.
    fn visit_str<E>(self, text: &str) -> Result<Base64, E> {
        Ok(Base64(STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())))
    }
}

fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Vec<u8>)>, D::Error> {
    Headers::deserialize(deserializer).map(|Headers(headers)| headers)
}
