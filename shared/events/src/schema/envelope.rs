use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{EventId, Source, Text};

/// The envelope in structured mode, as documents describe it: the attributes of `CloudEvents` 1.0 and its extensions that have a
/// meaning here. Others are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
pub struct Envelope {
    /// The version of `CloudEvents`: `1.0`.
    specversion: String,
    /// Which event of its source this is, best a `UUIDv7`. The same source and id again is the same event, and takes effect once.
    id: EventId,
    /// Who made it. An API key says which sources it may use.
    source: Source,
    /// The type.
    r#type: String,
    /// When it happened, as RFC 3339 writes it. Kept in UTC and to the microsecond.
    time: Option<OffsetDateTime>,
    /// What it is about, within the source.
    subject: Option<Text<256>>,
    /// The media type of `data`: `application/json`.
    datacontenttype: Option<String>,
    /// Type and version. Without it the first version of the type is meant; later minor versions are read too.
    dataschema: Option<String>,
    /// The key of the record: events with one key take effect in the order of the topic. It follows from the data.
    partitionkey: Option<String>,
    /// Its place in an order that the source knows. Where several events set one field, the greatest wins, whatever their times. Compared
    /// byte by byte, so that numbers need leading zeros: `10` comes before `9`. Any event with a sequence is newer than any without, field
    /// by field, so a source sends one always or never.
    sequence: Option<Text<64>>,
    /// What all events of one piece of work share.
    correlationid: Option<Text<128>>,
    /// The event that caused this one.
    causationid: Option<Text<128>>,
    /// The W3C trace context that it was made in.
    traceparent: Option<Text<64>>,
}
