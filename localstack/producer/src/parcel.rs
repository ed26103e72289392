use events::{Event, Topic};

use crate::Rubbish;

/// Why a record is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is an event.
    Event,
    /// It is an event, with the same bytes as another record.
    Duplicate,
    /// It can never take effect.
    Rubbish(Rubbish),
}

impl What {
    /// Whether it can never take effect.
    #[must_use]
    pub fn is_rubbish(self) -> bool {
        matches!(self, Self::Rubbish(_))
    }
}

/// A record that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Why it is sent.
    pub what: What,
    /// Where to.
    pub topic: Topic,
    /// The key: those of one key keep their order.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
    /// The id of the event, where one can be read from the value.
    pub event_id: Option<String>,
}

impl Parcel {
    /// The event in structured mode, under its own key.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            what: What::Event,
            topic: event.event_type().topic(),
            key: event.key().to_owned(),
            value: event.to_structured_json(),
            event_id: Some(event.id.to_string()),
        }
    }
}
