use std::fmt::Display;

use std::borrow::Cow;
use std::ops::Deref;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::{CLOUDEVENTS_JSON, Data, Event, EventId, EventType, Source, Text, TraceId, moment};

/// A record as it came from a topic: value and headers.
#[derive(Debug, Clone, Copy)]
pub struct Wire<'a> {
    /// The record value.
    pub value: &'a [u8],
    /// The record headers; of several with one name the last counts.
    pub headers: &'a [(String, Vec<u8>)],
}

/// What identifies an event, whatever its offset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Who made it.
    pub source: Source,
    /// Which of its events it is.
    pub id: EventId,
}

/// Why a record is no event of ours. No later attempt will make it one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// The value is no JSON object with the envelope's attributes.
    #[error("the value is not a CloudEvent: {0}")]
    NotCloudEvent(String),
    /// An attribute that must be there is not.
    #[error("the attribute {0} is missing")]
    Missing(&'static str),
    /// An attribute has a value that it cannot have.
    #[error("the attribute {name} {reason}")]
    Attribute {
        /// The attribute.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The contract has no such type.
    #[error("the type {0:?} is not known")]
    UnknownType(String),
    /// The schema is not of a version that can be read.
    #[error("the schema {found:?} is not {expected:?} or a later minor version of it")]
    Version {
        /// The `dataschema` attribute.
        found: String,
        /// The one that is written.
        expected: String,
    },
    /// The data is not what the type says.
    #[error("the data is not a {event_type}: {}{reason}", place(path))]
    Data {
        /// The type.
        event_type: EventType,
        /// The place in the data, such as `email`; empty where it is all of it.
        path: Box<str>,
        /// What is wrong there.
        reason: Box<str>,
    },
}

impl DecodeError {
    /// A short name of the kind of error, by which dead letters can be filtered.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::NotCloudEvent(_) => "not-cloudevent",
            Self::Missing(_) => "missing-attribute",
            Self::Attribute { .. } => "invalid-attribute",
            Self::UnknownType(_) => "unknown-type",
            Self::Version { .. } => "unsupported-version",
            Self::Data { .. } => "invalid-data",
        }
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// A record that is no event of ours, with as much of its identity as can be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which event it is, where that could be read.
    pub identity: Option<Box<Identity>>,
    /// What it shares with others, where that could be read.
    pub correlation_id: Option<Text<128>>,
    /// The trace it belongs to, where that could be read.
    pub trace_id: Option<TraceId>,
    /// Why it was refused.
    pub error: DecodeError,
}

/// An attribute as it stands on the wire, copied only where it is escaped there.
#[derive(Deserialize)]
struct Attribute<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Attribute<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Attributes and data as they stand on the wire, before they are checked.
#[derive(Default, Deserialize)]
pub(crate) struct Raw<'a> {
    specversion: Option<Attribute<'a>>,
    id: Option<Attribute<'a>>,
    source: Option<Attribute<'a>>,
    r#type: Option<Attribute<'a>>,
    time: Option<Attribute<'a>>,
    subject: Option<Attribute<'a>>,
    dataschema: Option<Attribute<'a>>,
    sequence: Option<Attribute<'a>>,
    correlationid: Option<Attribute<'a>>,
    causationid: Option<Attribute<'a>>,
    traceparent: Option<Attribute<'a>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    /// The value itself is the data (binary mode).
    #[serde(skip)]
    body: Option<&'a str>,
}

/// The event in a record, in structured or binary mode. A record whose headers name no mode is read as structured.
pub fn decode(wire: Wire<'_>) -> Result<Event, Rejection> {
    let raw = if is_binary(wire.headers) { Raw::from_binary(wire) } else { Raw::from_structured(wire) };
    let raw = raw.map_err(|error| Rejection { identity: None, correlation_id: None, trace_id: None, error })?;
    raw.check().map_err(|error| Rejection {
        identity: raw.identity().ok().map(Box::new),
        correlation_id: optional("correlationid", raw.correlationid.as_deref()).ok().flatten(),
        trace_id: raw.traceparent.as_deref().and_then(TraceId::of),
        error,
    })
}

fn header<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    headers.iter().rev().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

fn is_binary(headers: &[(String, Vec<u8>)]) -> bool {
    let structured =
        header(headers, "content-type").is_some_and(|value| value.starts_with(CLOUDEVENTS_JSON.as_bytes()));
    !structured && header(headers, "ce_specversion").is_some()
}

impl<'a> Raw<'a> {
    fn from_structured(wire: Wire<'a>) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(wire.value).map_err(|error| DecodeError::NotCloudEvent(error.to_string()))?;
        serde_json::from_str(text).map_err(|error| DecodeError::NotCloudEvent(error.to_string()))
    }

    fn from_binary(wire: Wire<'a>) -> Result<Self, DecodeError> {
        let attribute = |name: &'static str| {
            header(wire.headers, &format!("ce_{name}"))
                .map(|value| std::str::from_utf8(value).map(|text| Attribute(text.into())))
                .transpose()
                .map_err(|_| DecodeError::Attribute { name, reason: "is not UTF-8".to_owned() })
        };
        let body = std::str::from_utf8(wire.value);
        Ok(Self {
            specversion: attribute("specversion")?,
            id: attribute("id")?,
            source: attribute("source")?,
            r#type: attribute("type")?,
            time: attribute("time")?,
            subject: attribute("subject")?,
            dataschema: attribute("dataschema")?,
            sequence: attribute("sequence")?,
            correlationid: attribute("correlationid")?,
            causationid: attribute("causationid")?,
            traceparent: attribute("traceparent")?,
            data: None,
            body: Some(body.map_err(|error| DecodeError::NotCloudEvent(error.to_string()))?),
        })
    }

    /// One of these attributes, and no data yet.
    pub(crate) fn of_attributes(attribute: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        let attribute = |name| attribute(name).map(|value| Attribute(value.into()));
        Self {
            specversion: attribute("specversion"),
            id: attribute("id"),
            source: attribute("source"),
            r#type: attribute("type"),
            time: attribute("time"),
            subject: attribute("subject"),
            dataschema: attribute("dataschema"),
            sequence: attribute("sequence"),
            correlationid: attribute("correlationid"),
            causationid: attribute("causationid"),
            traceparent: attribute("traceparent"),
            data: None,
            body: None,
        }
    }

    /// Gives it its data.
    pub(crate) fn give(&mut self, data: &'a RawValue) {
        self.data = Some(data);
    }

    fn identity(&self) -> Result<Identity, DecodeError> {
        let source = text("source", self.source.as_deref().ok_or(DecodeError::Missing("source"))?)?;
        let id = EventId::new(self.id.as_deref().ok_or(DecodeError::Missing("id"))?);
        Ok(Identity { source, id: id.map_err(|error| invalid("id", error))? })
    }

    /// Which event it is, and of which type, whatever its data is.
    pub(crate) fn envelope(&self) -> Result<(Identity, EventType), DecodeError> {
        if self.specversion.as_deref() != Some("1.0") {
            return Err(invalid("specversion", "is not 1.0"));
        }
        let identity = self.identity()?;
        let name = self.r#type.as_deref().ok_or(DecodeError::Missing("type"))?;
        let event_type = EventType::from_name(name).ok_or_else(|| DecodeError::UnknownType(cut(name)))?;
        Ok((identity, event_type))
    }

    pub(crate) fn check(&self) -> Result<Event, DecodeError> {
        let (identity, event_type) = self.envelope()?;
        check_version(event_type, self.dataschema.as_deref())?;
        let json = self.body.or_else(|| self.data.map(RawValue::get)).ok_or(DecodeError::Missing("data"))?;
        let data = Data::read(event_type, json)?;
        if event_type == EventType::LinkClicked && identity.id.as_uuid_v7().is_none() {
            return Err(invalid("id", "is not a UUIDv7, which the id of a click must be"));
        }
        Ok(Event {
            time: self.time(&data)?,
            subject: optional("subject", self.subject.as_deref())?,
            sequence: optional("sequence", self.sequence.as_deref())?,
            correlation_id: optional("correlationid", self.correlationid.as_deref())?,
            causation_id: optional("causationid", self.causationid.as_deref())?,
            traceparent: optional("traceparent", self.traceparent.as_deref())?,
            id: identity.id,
            source: identity.source,
            data,
        })
    }

    /// `time` is optional in `CloudEvents`; here only a click, which carries its own as well, may do without.
    fn time(&self, data: &Data) -> Result<OffsetDateTime, DecodeError> {
        match (self.time.as_deref(), data) {
            (Some(time), _) => moment::parse(time).map_err(|reason| invalid("time", reason)),
            (None, Data::LinkClicked(click)) => Ok(click.timestamp),
            (None, _) => Err(DecodeError::Missing("time")),
        }
    }
}

/// An absent schema means the first version: other producers need not name it.
fn check_version(event_type: EventType, dataschema: Option<&str>) -> Result<(), DecodeError> {
    let Some(found) = dataschema else { return Ok(()) };
    let (major, _) = event_type.version();
    let readable = found
        .strip_prefix("urn:onceward:event:")
        .and_then(|rest| rest.strip_prefix(event_type.name()))
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(found, minor)| found.parse() == Ok(major) && minor.parse::<u16>().is_ok());
    readable.then_some(()).ok_or_else(|| DecodeError::Version { found: cut(found), expected: event_type.dataschema() })
}

fn text<const MAX: usize>(name: &'static str, value: &str) -> Result<Text<MAX>, DecodeError> {
    Text::new(value).map_err(|error| invalid(name, error))
}

fn optional<const MAX: usize>(name: &'static str, value: Option<&str>) -> Result<Option<Text<MAX>>, DecodeError> {
    value.map(|value| text(name, value)).transpose()
}

fn invalid(name: &'static str, reason: impl Display) -> DecodeError {
    DecodeError::Attribute { name, reason: reason.to_string() }
}

fn cut(text: &str) -> String {
    Text::<128>::cut(text.as_bytes()).map(|text| text.to_string()).unwrap_or_default()
}
