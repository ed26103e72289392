use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store::dead_letters::DeadLetter;

use crate::{Record, Refusal};

/// The dead letter of a record, with all its bytes.
pub(crate) fn of(record: Record, refusal: Refusal) -> DeadLetter {
    tracing::warn!(
        event.id = refusal.identity.as_ref().map(|identity| identity.id.as_str()),
        kafka.topic = record.topic,
        kafka.partition = record.partition,
        kafka.offset = record.offset,
        outcome = "dead_lettered",
        error.class = refusal.class,
        error.message = refusal.reason,
        "Record kept as a dead letter"
    );
    let (event_source, event_id) = refusal
        .identity
        .map(|identity| (identity.source.to_string(), identity.id.to_string()))
        .unzip();
    DeadLetter {
        headers: headers_as_json(&record.headers),
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        record_time: record.time,
        key: record.key,
        value: record.value,
        event_source,
        event_id,
        error_class: refusal.class,
        error: refusal.reason,
        attempts: 1,
    }
}

fn headers_as_json(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<(&str, String)> = headers.iter().map(|(name, value)| (name.as_str(), STANDARD.encode(value))).collect();
    serde_json::to_vec(&pairs).expect("pairs of texts are always JSON")
}
