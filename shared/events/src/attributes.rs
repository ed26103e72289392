use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Data, EventType, Text, TraceId};

/// The content type of a record value in structured mode.
pub const CLOUDEVENTS_JSON: &str = "application/cloudevents+json";

/// The `id` attribute. Together with the source it says which event this is, whatever its offset.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Text<128>);

impl EventId {
    /// The id as it is, where it can be one.
    pub fn new(text: impl Into<String>) -> Result<Self, crate::InvalidText> {
        Text::new(text).map(Self)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The id as a `UUIDv7`, where it is one.
    #[must_use]
    pub fn as_uuid_v7(&self) -> Option<Uuid> {
        Uuid::parse_str(self.as_str()).ok().filter(|id| id.get_version_num() == 7)
    }
}

impl From<Uuid> for EventId {
    fn from(id: Uuid) -> Self {
        Self(Text::cut(id.to_string().as_bytes()).expect("a UUID has 36 characters"))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `source` attribute: who made the event.
pub type Source = Text<256>;

/// What the sources of our own functions begin with. Nobody else speaks for them.
pub const OWN_SOURCES: &str = "/onceward/";

/// An event: the attributes of its `CloudEvents` envelope, and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which event of its source this is.
    pub id: EventId,
    /// Who made it.
    pub source: Source,
    /// When it happened.
    pub time: OffsetDateTime,
    /// What it is about, within the source.
    pub subject: Option<Text<256>>,
    /// Its place in an order that the source knows, where it knows one.
    pub sequence: Option<Text<64>>,
    /// What all events of one piece of work share.
    pub correlation_id: Option<Text<128>>,
    /// The event that caused this one.
    pub causation_id: Option<Text<128>>,
    /// The W3C trace context it was made in.
    pub traceparent: Option<Text<64>>,
    /// What happened.
    pub data: Data,
}

impl Event {
    /// The type, as the `type` attribute says it.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        self.data.event_type()
    }

    /// The record key, which the `partitionkey` attribute repeats.
    #[must_use]
    pub fn key(&self) -> &str {
        self.data.key()
    }

    /// The trace it belongs to, where its `traceparent` names one.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.traceparent.as_ref().and_then(|traceparent| TraceId::of(traceparent.as_str()))
    }
}

/// A `UUIDv7` of this moment: ids made later sort later, to the millisecond. Moments before 1970 count as 1970.
#[must_use]
pub fn uuid_v7_at(moment: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(moment.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, moment.nanosecond()))
}
