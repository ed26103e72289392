use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::intake::Scalar;
use crate::{Data, Event, Text};

/// The structured form of an event: its attributes beside its data, in one JSON object.
#[derive(Serialize)]
struct Structured<'a, D> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a Text<256>>,
    datacontenttype: &'static str,
    dataschema: &'a str,
    partitionkey: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<&'a Text<64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<&'a Text<128>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<&'a Text<128>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a Text<64>>,
    #[serde(flatten)]
    extensions: &'a BTreeMap<String, Scalar>,
    data: D,
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::LinkClicked(click) => click.serialize(serializer),
            Self::UserRegistered(user) => user.serialize(serializer),
            Self::UserUpdated(update) => update.serialize(serializer),
            Self::UserAuth(auth) => auth.serialize(serializer),
            Self::SystemAudit(audit) => audit.serialize(serializer),
            Self::OrderPlaced(order) => order.serialize(serializer),
            Self::PaymentSettled(payment) => payment.serialize(serializer),
            Self::InventoryAdjusted(adjustment) => adjustment.serialize(serializer),
            Self::ThreadCreated(thread) => thread.serialize(serializer),
            Self::ThreadViewed(view) => view.serialize(serializer),
            Self::ThreadEdited(edit) => edit.serialize(serializer),
            Self::ThreadDeleted(thread) => thread.serialize(serializer),
            Self::CommentAdded(comment) => comment.serialize(serializer),
            Self::CommentEdited(comment) => comment.serialize(serializer),
            Self::CommentDeleted(comment) => comment.serialize(serializer),
            Self::VoteCast(vote) => vote.serialize(serializer),
        }
    }
}

impl Event {
    /// The record value in structured mode.
    #[must_use]
    pub fn to_structured_json(&self) -> Vec<u8> {
        self.encode(&self.event_type().dataschema(), &BTreeMap::new(), &self.data)
    }

    /// The same, with the data and the other attributes that it was read from.
    pub(crate) fn to_structured_json_of(
        &self,
        dataschema: Option<&str>,
        extensions: &BTreeMap<String, Scalar>,
        data: &RawValue,
    ) -> Vec<u8> {
        self.encode(dataschema.unwrap_or(&self.event_type().dataschema()), extensions, data)
    }

    fn encode(&self, dataschema: &str, extensions: &BTreeMap<String, Scalar>, data: impl Serialize) -> Vec<u8> {
        serde_json::to_vec(&Structured {
            specversion: "1.0",
            id: self.id.as_str(),
            source: self.source.as_str(),
            r#type: self.event_type().name(),
            time: self.time,
            subject: self.subject.as_ref(),
            datacontenttype: "application/json",
            dataschema,
            partitionkey: self.key(),
            sequence: self.sequence.as_ref(),
            correlationid: self.correlation_id.as_ref(),
            causationid: self.causation_id.as_ref(),
            traceparent: self.traceparent.as_ref(),
            extensions,
            data,
        })
        .expect("an event has text keys, and times of the years 0 to 9999")
    }
}
