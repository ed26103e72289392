//! The records of one invocation, and the payload that they make.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::config::{ACCOUNT, PAYLOAD_LIMIT, REGION};
use crate::record::Record;

/// Whether a record went into a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Push {
    /// It is in.
    Taken,
    /// It would make the payload too large; another batch may take it.
    Full(Record),
    /// It is too large for any payload.
    TooLarge(Record),
}

#[derive(Debug)]
struct Part {
    /// The records, separated by commas.
    json: Vec<u8>,
    first: i64,
    last: i64,
}

/// Records in the order in which they came, by partition. It knows the size of its payload at any time.
#[derive(Debug)]
pub(crate) struct Batch {
    topic: String,
    head: String,
    parts: BTreeMap<i32, Part>,
    records: usize,
    size: usize,
}

const TAIL: &str = "}}";

impl Batch {
    pub(crate) fn new(topic: &str, bootstrap: &str) -> Self {
        let cluster = format!("arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/local/00000000-0000-0000-0000-000000000000-1");
        let servers = serde_json::Value::from(bootstrap);
        let head = format!(
            r#"{{"eventSource":"aws:kafka","eventSourceArn":"{cluster}","bootstrapServers":{servers},"records":{{"#
        );
        let size = head.len() + TAIL.len();
        Self { topic: topic.to_owned(), head, parts: BTreeMap::new(), records: 0, size }
    }

    pub(crate) fn push(&mut self, record: Record) -> Push {
        let size = self.size + self.growth(&record);
        if size > PAYLOAD_LIMIT {
            return if self.records == 0 { Push::TooLarge(record) } else { Push::Full(record) };
        }
        self.size = size;
        self.records += 1;
        let part = self.parts.entry(record.partition).or_insert_with(|| Part {
            json: Vec::new(),
            first: record.offset,
            last: record.offset,
        });
        if !part.json.is_empty() {
            part.json.push(b',');
        }
        part.json.extend_from_slice(&record.json);
        part.last = record.offset;
        Push::Taken
    }

    /// The bytes that the record adds: its own, and a comma or the list of its partition.
    fn growth(&self, record: &Record) -> usize {
        let around = if self.parts.contains_key(&record.partition) {
            1
        } else {
            usize::from(!self.parts.is_empty()) + open(&self.topic, record.partition).len() + 1
        };
        record.json.len() + around
    }

    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.records = 0;
        self.size = self.head.len() + TAIL.len();
    }

    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// The size of the payload.
    pub(crate) fn bytes(&self) -> usize {
        self.size
    }

    /// The payload of the invocation.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.size);
        payload.extend_from_slice(self.head.as_bytes());
        for (index, (partition, part)) in self.parts.iter().enumerate() {
            if index > 0 {
                payload.push(b',');
            }
            payload.extend_from_slice(open(&self.topic, *partition).as_bytes());
            payload.extend_from_slice(&part.json);
            payload.push(b']');
        }
        payload.extend_from_slice(TAIL.as_bytes());
        payload
    }

    /// The offset after the last record of each partition: what is committed.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (i32, i64)> {
        self.parts.iter().map(|(partition, part)| (*partition, part.last + 1))
    }

    /// The partitions with their first and last offsets, for the log: `0:17-42 2:5-5`.
    pub(crate) fn ranges(&self) -> String {
        let mut text = String::new();
        for (partition, part) in &self.parts {
            let space = if text.is_empty() { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{space}{partition}:{}-{}", part.first, part.last);
        }
        text
    }
}

/// The start of a partition's list. A topic's name has only letters, digits, dots, dashes and underscores.
fn open(topic: &str, partition: i32) -> String {
    format!(r#""{topic}-{partition}":["#)
}
