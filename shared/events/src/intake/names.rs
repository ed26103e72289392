use std::collections::BTreeMap;

use super::flaw::Flaw;

/// How a sender calls what an event is made of, so that a flaw is named as they know it.
#[derive(Debug)]
pub(super) enum Names {
    /// As `CloudEvents` does.
    CloudEvents,
    /// As the plain form does.
    Plain {
        /// What attributes were called.
        sent: BTreeMap<&'static str, &'static str>,
        /// Whether the fields of the data stand beside the attributes.
        beside: bool,
    },
}

/// What attributes are called in the plain form, where the sender does not call them otherwise.
const PLAIN: [(&str, &str); 7] = [
    ("id", "eventId"),
    ("type", "eventType"),
    ("time", "timestamp"),
    ("source", "metadata.source"),
    ("correlationid", "metadata.correlationId"),
    ("causationid", "metadata.causationId"),
    ("traceparent", "metadata.traceparent"),
];

impl Names {
    /// The flaw, with its field as the sender calls it.
    pub(super) fn as_sent(&self, flaw: Flaw) -> Flaw {
        let Self::Plain { sent, beside } = self else { return flaw };
        let usual = || PLAIN.into_iter().find(|(name, _)| *name == flaw.field).map(|(_, plain)| plain);
        let field = match sent.get(flaw.field.as_str()).copied().or_else(usual) {
            Some(field) => field.to_owned(),
            None if *beside && flaw.field == "data" => String::new(),
            None if *beside => flaw.field.strip_prefix("data.").unwrap_or(&flaw.field).to_owned(),
            None => flaw.field,
        };
        Flaw { field, ..flaw }
    }
}
