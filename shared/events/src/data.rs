use std::fmt;

use crate::decode::DecodeError;
use crate::{LinkClicked, Topic};

/// What happened: the payload of an event, one variant a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Somebody followed a short link.
    LinkClicked(LinkClicked),
}

/// The type of an event, as its `type` attribute says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `link.clicked`
    LinkClicked,
}

impl Data {
    /// The type of this payload.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::LinkClicked(_) => EventType::LinkClicked,
        }
    }

    /// The record key: all events with the same key keep their order.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::LinkClicked(click) => click.short_code.as_str(),
        }
    }

    /// The payload of a type, from its JSON.
    pub(crate) fn read(event_type: EventType, json: &str) -> Result<Self, DecodeError> {
        match event_type {
            EventType::LinkClicked => serde_json::from_str(json).map(Self::LinkClicked),
        }
        .map_err(|error| DecodeError::Data { event_type, reason: error.to_string() })
    }
}

impl EventType {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkClicked => "link.clicked",
        }
    }

    /// All of them.
    pub const ALL: [Self; 1] = [Self::LinkClicked];

    /// The type of a name on the wire.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    /// The topic its events travel on.
    #[must_use]
    pub fn topic(self) -> Topic {
        match self {
            Self::LinkClicked => Topic::LinkClicks,
        }
    }

    /// The version that is written, as major and minor. Readers accept any minor version of the same major one.
    #[must_use]
    pub fn version(self) -> (u16, u16) {
        match self {
            Self::LinkClicked => (1, 0),
        }
    }

    /// The `dataschema` attribute: type and version.
    #[must_use]
    pub fn dataschema(self) -> String {
        let (major, minor) = self.version();
        format!("urn:onceward:event:{}:{major}.{minor}", self.name())
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
