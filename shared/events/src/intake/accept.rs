use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use time::Duration;

use super::draft::{Draft, KNOWN, Sent, is_allowed};
use super::flaw::Flaw;
use super::plain::written;
use super::{Arrival, sound};
use crate::decode::{DecodeError, Raw};
use crate::{Event, EventType, Source, UserId};

/// How far ahead of the time of arrival an event may be: a clock that is wrong by more would win over all that others say.
const AHEAD: Duration = Duration::minutes(5);

/// An event that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event, as the consumers will read it.
    pub event: Event,
    /// The record value, in structured mode: attributes as we write them, extensions and data as they were sent.
    pub record: Vec<u8>,
}

impl Draft {
    /// The event that this is, or what keeps it from being one.
    pub fn accept(mut self, arrival: &Arrival) -> Result<Accepted, Vec<Flaw>> {
        if !self.flaws.is_empty() {
            return Err(self.flaws);
        }
        self.complete(arrival);
        self.judged(arrival).map_err(|flaw| vec![self.names.as_sent(flaw)])
    }

    /// Adds what the request says of an event that does not say it itself.
    fn complete(&mut self, arrival: &Arrival) {
        self.fill("time", written(arrival.now));
        let own_id = self.text("id").map(str::to_owned);
        if let Some(id) = arrival.correlation_id.as_ref().map(|id| id.as_str().to_owned()).or(own_id) {
            self.fill("correlationid", id);
        }
        if let Some(traceparent) = &arrival.traceparent {
            self.fill("traceparent", traceparent.as_str());
        }
    }

    fn judged(&self, arrival: &Arrival) -> Result<Accepted, Flaw> {
        let mut raw = Raw::of_attributes(|name| self.text(name));
        let (identity, event_type) = raw.envelope()?;
        if !is_taken_as_source(&identity.source) {
            return Err(Flaw::new("source", "is no URI reference"));
        }
        // What data may be follows from the type.
        if !event_type.is_taken_from_outside() {
            return Err(Flaw::new("type", "is not taken from outside"));
        }
        let json = self.json(event_type)?;
        raw.give(&json);
        let event = raw.check()?;
        if event.data.user_id().is_some_and(UserId::is_own_actor) {
            return Err(Flaw::new("data.userId", "begins with key: or operator:, for which nobody else speaks"));
        }
        if event.time > arrival.now + AHEAD {
            return Err(Flaw::new("time", "is more than 5 minutes ahead"));
        }
        if self.text("partitionkey").is_some_and(|key| key != event.key()) {
            return Err(Flaw::new("partitionkey", "is not the key that follows from the data"));
        }
        let record = self.record(&event, &json);
        Ok(Accepted { event, record })
    }

    /// The data as JSON.
    fn json(&self, event_type: EventType) -> Result<Box<RawValue>, Flaw> {
        if !self.text("datacontenttype").is_none_or(is_json) {
            return Err(Flaw::new("datacontenttype", "is not application/json, as which the data must be sent"));
        }
        let json = match &self.data {
            Sent::Nothing => return Err(DecodeError::Missing("data").into()),
            Sent::Json(json) => json.clone(),
            Sent::Base64(text) => {
                let json = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let json = json.and_then(|json| RawValue::from_string(json).ok());
                json.ok_or_else(|| Flaw::new("data_base64", format!("is not the JSON of a {event_type} in base 64")))?
            }
        };
        sound::check(json.get())?;
        Ok(json)
    }

    fn record(&self, event: &Event, json: &RawValue) -> Vec<u8> {
        let mut extensions = self.attributes.clone();
        extensions.retain(|name, _| !KNOWN.contains(&name.as_str()));
        event.to_structured_json_of(self.text("dataschema"), &extensions, json)
    }
}

/// Whether a media type says that something is JSON.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.contains('/') && essence.ends_with("+json"))
}

/// Whether events from outside may have this source: one that can be a URI reference. Letters of all languages are let through.
#[must_use]
pub fn is_taken_as_source(source: &Source) -> bool {
    source.as_str().chars().all(|c| is_allowed(c) && !c.is_whitespace() && !"\"<>\\^`{|}".contains(c))
}
