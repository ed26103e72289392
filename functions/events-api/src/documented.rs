//! What requests look like, for the description of the route alone: events are read by `events::intake`.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// A CloudEvent 1.0 in structured mode. Attributes that are not named here are extensions, and are kept.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes JSON")]
pub(crate) struct Event {
    /// `1.0`
    #[schema(pattern = "^1\\.0$", example = "1.0")]
    specversion: String,
    /// Which event of its source this is. The same one may be sent again, and counts once.
    #[schema(min_length = 1, max_length = 128, example = "01932d3c-6a00-7000-8000-00000000002a")]
    id: String,
    /// Who made the event; the API key says which sources it may use.
    #[schema(min_length = 1, max_length = 256, example = "/campus")]
    source: String,
    /// The type, of those that are taken from outside.
    #[schema(example = "user.registered")]
    r#type: String,
    /// When it happened, as RFC 3339 writes it; the time of arrival where it is not there, and not more than 5 minutes ahead of it.
    #[schema(example = "2026-11-21T09:30:00Z")]
    time: Option<String>,
    /// What it is about, within the source.
    #[schema(min_length = 1, max_length = 256)]
    subject: Option<String>,
    /// `application/json`
    datacontenttype: Option<String>,
    /// Type and version, such as `urn:onceward:event:user.registered:1.0`.
    dataschema: Option<String>,
    /// The key, which follows from the data.
    partitionkey: Option<String>,
    /// Its place in an order that the source knows.
    #[schema(min_length = 1, max_length = 64)]
    sequence: Option<String>,
    /// What all events of one piece of work share.
    #[schema(min_length = 1, max_length = 128)]
    correlationid: Option<String>,
    /// The event that caused this one.
    #[schema(min_length = 1, max_length = 128)]
    causationid: Option<String>,
    /// The W3C trace context it was made in.
    #[schema(min_length = 1, max_length = 64)]
    traceparent: Option<String>,
    /// What happened: the payload of the type.
    #[schema(example = json!({"userId": "u-1", "userType": "student", "email": "ada@example.com"}))]
    data: BTreeMap<String, Value>,
}

/// An event in the plain form, or, with the attributes in `ce-` headers (binary mode), the payload of one.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes JSON")]
pub(crate) struct PlainEvent {
    /// The type; `type` says the same, and where both are there, `type` does.
    #[schema(example = "user.registered")]
    event_type: Option<String>,
    /// Which event of its source this is; `id` says the same. Without, it is made, and a request that is sent again is another event.
    event_id: Option<String>,
    /// When it happened; `time` says the same.
    timestamp: Option<String>,
    /// Who made the event, and what it belongs to.
    metadata: Option<Metadata>,
    /// The payload. Where it is not there, its fields stand beside the others.
    #[schema(example = json!({"userId": "u-1", "userType": "student", "email": "ada@example.com"}))]
    data: Option<BTreeMap<String, Value>>,
}

/// What the plain form says about an event.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes JSON")]
pub(crate) struct Metadata {
    /// Who made it. An API key that may use one source alone stands for it.
    #[schema(example = "/campus")]
    source: Option<String>,
    /// What all events of one piece of work share.
    correlation_id: Option<String>,
    /// The event that caused this one.
    causation_id: Option<String>,
}
