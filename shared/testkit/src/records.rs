use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::Event;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// A record of a Kafka mapping's payload, as [`payload`] takes it: the event in structured mode under its own key, appended at this
/// time.
#[must_use]
pub fn record(topic: &str, partition: i32, offset: i64, appended_at: OffsetDateTime, event: &Event) -> Value {
    let (key, value) = (event.key().as_bytes(), event.to_structured_json());
    raw_record(topic, partition, offset, appended_at, key, &value)
}

/// The same, with any bytes.
#[must_use]
pub fn raw_record(
    topic: &str,
    partition: i32,
    offset: i64,
    appended_at: OffsetDateTime,
    key: &[u8],
    value: &[u8],
) -> Value {
    json!({
        "topic": topic, "partition": partition, "offset": offset,
        "timestamp": appended_at.unix_timestamp_nanos() / 1_000_000, "timestampType": "LOG_APPEND_TIME",
        "key": STANDARD.encode(key), "value": STANDARD.encode(value), "headers": [],
    })
}

/// The payload that a Kafka mapping sends with these records.
#[must_use]
pub fn payload(records: &[Value]) -> Value {
    let mut by_partition: Map<String, Value> = Map::new();
    for record in records {
        let topic = record["topic"].as_str().expect("a topic");
        let partition = by_partition.entry(format!("{topic}-{}", record["partition"])).or_insert_with(|| json!([]));
        partition.as_array_mut().expect("a list").push(record.clone());
    }
    json!({"eventSource": "aws:kafka", "records": by_partition})
}
