use aws_lambda_events::event::kafka::{KafkaEvent, KafkaRecord};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// A record of a Kafka topic, taken out of the base64 and signed bytes of Lambda's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic it came from.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// When it was produced or appended, as the topic is set.
    pub time: Option<OffsetDateTime>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// All records of a payload in the order of topic, partition and offset, which the payload's map does not keep.
pub(crate) fn in_order(event: KafkaEvent) -> Vec<Record> {
    let mut records: Vec<Record> = event.records.into_values().flatten().map(Record::from_payload).collect();
    records.sort_by(|a, b| (&a.topic, a.partition, a.offset).cmp(&(&b.topic, b.partition, b.offset)));
    records
}

impl Record {
    fn from_payload(record: KafkaRecord) -> Self {
        let millis = record.timestamp.0.timestamp_millis();
        Self {
            topic: record.topic.unwrap_or_default(),
            partition: i32::try_from(record.partition).unwrap_or(-1),
            offset: record.offset,
            time: OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok(),
            key: record.key.map(bytes),
            value: record.value.map(bytes),
            headers: record
                .headers
                .into_iter()
                .flatten()
                .map(|(name, value)| (name, value.into_iter().map(i8::cast_unsigned).collect()))
                .collect(),
        }
    }
}

/// Lambda always sends base64; anything else is kept as it is, so that a dead letter shows it.
fn bytes(base64: String) -> Vec<u8> {
    STANDARD.decode(&base64).unwrap_or_else(|_| base64.into_bytes())
}
