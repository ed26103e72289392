use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::draft::{Draft, KNOWN, Sent};
use super::flaw::{Unreadable, text_of};
use super::members::{Members, is_null};
use super::names::Names;

/// The event of a body in the plain form (`functions/events-api/README.md` describes it). Where it has no id it gets one, where it
/// has no source this one.
pub fn plain(body: &[u8], source: Option<&str>, now: OffsetDateTime) -> Result<Draft, Unreadable> {
    let members: Members<'_> = serde_json::from_str(text_of(body)?)?;
    let beside = members.get("data").is_none();
    let is_typed = members.get("type").is_some();
    let mut draft = Draft::new(Names::Plain { sent: BTreeMap::new(), beside });
    let mut payload = Vec::new();
    let mut seen = HashSet::new();
    for (name, value) in &members.0 {
        match attribute(name).filter(|_| !(beside && is_typed && name == "eventType")) {
            _ if !seen.insert(name) => draft.flaw(name, "is given twice"),
            Some(_) if is_null(value) => {}
            Some((attribute, sent)) => {
                called(&mut draft, attribute, sent);
                draft.set(attribute, value);
            }
            None if name == "metadata" => metadata(&mut draft, value),
            None if name == "data" => {}
            None if beside => payload.push((name, *value)),
            None => draft.flaw(name, "stands beside data, and is neither an attribute nor metadata"),
        }
    }
    draft.data = Sent::Json(members.get("data").map_or_else(|| object(&payload), RawValue::to_owned));
    draft.fill("specversion", "1.0");
    draft.fill("id", crate::uuid_v7_at(now).to_string());
    if let Some(source) = source {
        draft.fill("source", source);
    }
    Ok(draft)
}

/// The attribute that a member stands for, and its name here.
fn attribute(member: &str) -> Option<(&'static str, &'static str)> {
    [
        ("type", "type"),
        ("type", "eventType"),
        ("id", "id"),
        ("id", "eventId"),
        ("time", "time"),
        ("time", "timestamp"),
        ("subject", "subject"),
        ("sequence", "sequence"),
    ]
    .into_iter()
    .find(|(_, name)| *name == member)
}

fn called(draft: &mut Draft, attribute: &'static str, name: &'static str) {
    if let Names::Plain { sent, .. } = &mut draft.names {
        sent.insert(attribute, name);
    }
}

/// Takes `metadata`: each member is the attribute of its name in lower case.
fn metadata(draft: &mut Draft, value: &RawValue) {
    if is_null(value) {
        return;
    }
    let Ok(members) = serde_json::from_str::<Members<'_>>(value.get()) else {
        return draft.flaw("metadata", "is no JSON object");
    };
    let allowed = ["source", "correlationid", "causationid", "traceparent"];
    let mut seen = HashSet::new();
    for (member, value) in members.0 {
        let name = member.to_ascii_lowercase();
        if KNOWN.contains(&name.as_str()) && !allowed.contains(&name.as_str()) {
            draft.flaw(&format!("metadata.{member}"), "belongs beside metadata");
        } else if !seen.insert(name.clone()) {
            draft.flaw(&format!("metadata.{member}"), "is given twice");
        } else if allowed.contains(&name.as_str()) {
            draft.set(&name, value);
        } else {
            let own = draft.flaws.len();
            draft.set(&name, value);
            let flaws = draft.flaws.split_off(own);
            draft.flaws.extend(flaws.into_iter().map(|flaw| flaw.at(format!("metadata.{member}"))));
        }
    }
}

fn object(members: &[(&String, &RawValue)]) -> Box<RawValue> {
    let member = |(name, value): &(&String, &RawValue)| {
        let name = serde_json::to_string(name).expect("a text is JSON");
        format!("{name}:{value}")
    };
    let members: Vec<String> = members.iter().map(member).collect();
    RawValue::from_string(format!("{{{}}}", members.join(","))).expect("an object of JSON values")
}

/// A moment as it is written on the wire.
pub(super) fn written(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).expect("a moment of the years 0 to 9999")
}
