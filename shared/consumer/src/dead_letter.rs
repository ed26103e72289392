use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store::dead_letters::DeadLetter;

use crate::Record;
use crate::item::Item;

/// The dead letter of a record, with all its bytes.
pub(crate) fn of<R>(item: &Item<R>, class: &'static str, reason: &str) -> DeadLetter {
    let record = &item.record;
    let (event_source, event_id) = item.event().map(|(source, id)| (source.to_owned(), id.to_owned())).unzip();
    DeadLetter {
        headers: headers_as_json(record),
        topic: record.topic.clone(),
        partition: record.partition,
        offset: record.offset,
        record_time: record.time,
        key: record.key.clone(),
        value: record.value.clone(),
        event_source,
        event_id,
        error_class: class,
        error: cut(reason).to_owned(),
        attempts: item.parked.map_or(1, |parked| parked.tries.saturating_add(1)),
    }
}

/// The longest reason, in bytes: it may quote the record, which is kept beside it.
const REASON_LIMIT: usize = 500;

pub(crate) fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_LIMIT)]
}

pub(crate) fn headers_as_json(record: &Record) -> Vec<u8> {
    let pairs: Vec<(&str, String)> =
        record.headers.iter().map(|(name, value)| (name.as_str(), STANDARD.encode(value))).collect();
    serde_json::to_vec(&pairs).expect("pairs of texts are always JSON")
}

/// The headers that were kept so. Only this crate writes them; what is no such list is none.
pub(crate) fn headers_of_json(json: &[u8]) -> Vec<(String, Vec<u8>)> {
    let pairs: Vec<(String, String)> = serde_json::from_slice(json).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name, STANDARD.decode(value).unwrap_or_default())).collect()
}
