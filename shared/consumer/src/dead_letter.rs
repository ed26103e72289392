use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store::dead_letters::DeadLetter;

use crate::{Record, Refusal};

/// The dead letter of a record, with all its bytes.
pub(crate) fn of(record: Record, refusal: Refusal) -> DeadLetter {
    let (event_source, event_id) =
        refusal.identity.map(|identity| (identity.source.to_string(), identity.id.to_string())).unzip();
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
        error: cut(refusal.reason),
        attempts: 1,
    }
}

/// The longest reason, in bytes: it may quote the record, which is kept beside it.
const REASON_LIMIT: usize = 500;

fn cut(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(REASON_LIMIT));
    reason
}

/// Says that a record is kept, once it is.
pub(crate) fn log(letter: &DeadLetter) {
    tracing::warn!(
        event.id = letter.event_id,
        kafka.topic = letter.topic,
        kafka.partition = letter.partition,
        kafka.offset = letter.offset,
        outcome = "dead_lettered",
        error.class = letter.error_class,
        error.message = letter.error,
        "Record kept as a dead letter"
    );
}

fn headers_as_json(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<(&str, String)> =
        headers.iter().map(|(name, value)| (name.as_str(), STANDARD.encode(value))).collect();
    serde_json::to_vec(&pairs).expect("pairs of texts are always JSON")
}
