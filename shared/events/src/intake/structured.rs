use std::collections::HashSet;

use serde_json::value::RawValue;

use super::draft::{Draft, Sent};
use super::flaw::{Unreadable, text_of};
use super::members::{Members, is_null};
use super::names::Names;

/// The event of a body in structured mode: `application/cloudevents+json`.
pub fn structured(body: &[u8]) -> Result<Draft, Unreadable> {
    Ok(draft(serde_json::from_str(text_of(body)?)?))
}

/// The events of a batch of at most so many: `application/cloudevents-batch+json`. An element that is no object is a draft with that
/// flaw.
pub fn batch(body: &[u8], most: usize) -> Result<Vec<Draft>, Unreadable> {
    let elements: Vec<&RawValue> = serde_json::from_str(text_of(body)?)?;
    // A body has room for very many that are next to nothing, and a draft is not.
    if elements.len() > most {
        return Err(Unreadable::TooMany(most));
    }
    Ok(elements.into_iter().map(element).collect())
}

fn element(json: &RawValue) -> Draft {
    if let Ok(members) = serde_json::from_str(json.get()) {
        return draft(members);
    }
    let mut draft = Draft::new(Names::CloudEvents);
    draft.flaw("", "is no JSON object");
    draft
}

fn draft(members: Members<'_>) -> Draft {
    let mut draft = Draft::new(Names::CloudEvents);
    let mut seen = HashSet::new();
    for (name, value) in members.0 {
        let is_data = name == "data" || name == "data_base64";
        match name.as_str() {
            name if seen.contains(name) => draft.flaw(name, "is given twice"),
            _ if is_data && is_null(value) => {}
            _ if is_data && !matches!(draft.data, Sent::Nothing) => {
                draft.flaw("data_base64", "is given beside data");
            }
            "data" => draft.data = Sent::Json(value.to_owned()),
            "data_base64" => match serde_json::from_str(value.get()) {
                Ok(text) => draft.data = Sent::Base64(text),
                Err(_) => draft.flaw("data_base64", "is not a text"),
            },
            name => draft.set(name, value),
        }
        seen.insert(name);
    }
    draft
}
