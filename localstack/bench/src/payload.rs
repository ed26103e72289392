//! Batches of events as Lambda gives them to a function.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::{CLOUDEVENTS_JSON, Event, Topic};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

/// The largest payload of an invocation, in bytes.
const LIMIT: usize = 6 * 1024 * 1024;
/// What stands around the records, at most.
const FRAME: usize = 1024;
const CLICKS: &str = "link.clicks";

/// The payload of one invocation.
pub(crate) struct Payload {
    pub(crate) json: Vec<u8>,
    pub(crate) records: u64,
}

/// Makes the events that a consumer takes.
pub(crate) trait Make {
    /// So many, in the order of their time, spread over the hour that begins at `start`.
    fn of_hour(&mut self, start: OffsetDateTime, count: u32) -> Vec<Event>;
}

/// So many moments, spread evenly over an hour.
pub(crate) fn moments(start: OffsetDateTime, count: u32) -> impl Iterator<Item = OffsetDateTime> {
    (0..count).map(move |nth| start + Duration::HOUR * f64::from(nth) / f64::from(count))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    topic: &'a str,
    partition: usize,
    offset: usize,
    timestamp: i128,
    timestamp_type: &'a str,
    key: String,
    value: String,
    headers: [BTreeMap<&'a str, &'a [u8]>; 1],
}

/// Cuts the events, which are of one topic, into payloads of at most `batch_size` records, each a part of the topic as its partitions
/// hold it.
pub(crate) fn all(events: &[Event], batch_size: u64) -> Vec<Payload> {
    let mut offsets = BTreeMap::new();
    let mut batches = vec![Batch::default()];
    for event in events {
        let topic = event.event_type().topic();
        // All events of one key are in one partition.
        let partition = event.key().bytes().map(usize::from).sum::<usize>() % partitions(topic);
        let offset = offsets.entry(partition).or_insert(0);
        let json = record(event, partition, *offset);
        *offset += 1;
        let batch = batches.last().expect("there is always one");
        if batch.records == batch_size || batch.size + json.len() + FRAME > LIMIT {
            batches.push(Batch::default());
        }
        batches.last_mut().expect("there is always one").push(topic.default_name(), partition, json);
    }
    batches.into_iter().map(Batch::into_payload).collect()
}

/// As many as the topic has.
fn partitions(topic: Topic) -> usize {
    match topic {
        Topic::LinkClicks => 6,
        Topic::UserEvents | Topic::SystemAudit | Topic::OrderEvents | Topic::DiscussionEvents => 3,
    }
}

/// One payload of all these clicks and so many malformed records, the nth of its topic: each has places of its own.
pub(crate) fn one(events: &[Event], malformed: usize, nth: usize) -> Payload {
    let mut batch = Batch::default();
    let first = 1_000_000 * nth;
    for (place, event) in events.iter().enumerate() {
        batch.push(CLICKS, 0, record(event, 0, first + place));
    }
    for place in 0..malformed {
        batch.push(CLICKS, 0, malformed_record(first + events.len() + place));
    }
    batch.into_payload()
}

fn malformed_record(offset: usize) -> String {
    let value = STANDARD.encode(r#"{"specversion": "1.0", "id": "#);
    serde_json::json!({"topic": CLICKS, "partition": 0, "offset": offset, "value": value, "headers": []}).to_string()
}

fn record(event: &Event, partition: usize, offset: usize) -> String {
    serde_json::to_string(&Record {
        topic: event.event_type().topic().default_name(),
        partition,
        offset,
        timestamp: event.time.unix_timestamp_nanos() / 1_000_000,
        timestamp_type: "CREATE_TIME",
        key: STANDARD.encode(event.key()),
        value: STANDARD.encode(event.to_structured_json()),
        // ASCII, so that the signed bytes of Java are the same.
        headers: [BTreeMap::from([("content-type", CLOUDEVENTS_JSON.as_bytes())])],
    })
    .expect("a record is always JSON")
}

#[derive(Default)]
struct Batch {
    partitions: BTreeMap<(&'static str, usize), Vec<String>>,
    records: u64,
    size: usize,
}

impl Batch {
    fn push(&mut self, topic: &'static str, partition: usize, json: String) {
        self.records += 1;
        self.size += json.len() + 1;
        self.partitions.entry((topic, partition)).or_default().push(json);
    }

    fn into_payload(self) -> Payload {
        let partition = |((topic, partition), records): ((&str, usize), Vec<String>)| {
            format!(r#""{topic}-{partition}":[{}]"#, records.join(","))
        };
        let json = format!(
            r#"{{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:us-east-1:123456789012:cluster/bench/00000000-0000-0000-0000-000000000000-1","bootstrapServers":"127.0.0.1:19092","records":{{{}}}}}"#,
            self.partitions.into_iter().map(partition).collect::<Vec<_>>().join(",")
        );
        Payload { json: json.into_bytes(), records: self.records }
    }
}
