//! The page about every event.

mod table;

use std::fmt::Write as _;

use events::EventType;
use serde_json::Value;

use crate::event_schema::{event_schema, example_json, file_name};
use crate::example::example;
use table::table;

/// `docs/events.md`
pub(crate) fn page() -> String {
    let mut page = include_str!("page/before.md").to_owned();
    page += "| attribute | type | required | meaning |\n|---|---|---|---|\n";
    page += &table(&envelope());
    page += include_str!("page/between.md");
    page += "## Types\n\n| type | version | topic | key | who may send it |\n|---|---|---|---|---|\n";
    for event_type in EventType::ALL {
        page += &line(event_type);
    }
    for event_type in EventType::ALL {
        page += &section(event_type);
    }
    page
}

/// What all types share: the schema of one, without what is its own.
fn envelope() -> Value {
    let mut schema = event_schema(EventType::UserRegistered);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove("data");
        for own in ["type", "dataschema"] {
            properties[own].as_object_mut().map(|property| (property.remove("const"), property.remove("pattern")));
        }
    }
    schema
}

fn line(event_type: EventType) -> String {
    let (major, minor) = event_type.version();
    let topic = event_type.topic().default_name();
    let key = key_field(event_type);
    let sender = if event_type.is_taken_from_outside() {
        format!("keys with `events:{event_type}`")
    } else {
        "Onceward itself".to_owned()
    };
    let link = event_type.name().replace('.', "");
    format!("| [`{event_type}`](#{link}) | {major}.{minor} | `{topic}` | `{key}` | {sender} |\n")
}

/// The field of the data that is the record key.
fn key_field(event_type: EventType) -> String {
    let (event, json) = (example(event_type), example_json(event_type));
    let mut fields = json["data"].as_object().into_iter().flatten();
    let (name, _) = fields.find(|(_, value)| *value == event.key()).expect("the key is a field of the data");
    name.clone()
}

fn section(event_type: EventType) -> String {
    let schema = event_schema(event_type);
    let mut section = format!("\n### {event_type}\n\n");
    // The summary begins with the type and its version, which stand above it.
    let description = schema["description"].as_str().unwrap_or_default();
    let meaning = description.split_once(": ").map_or(description, |(_, meaning)| meaning);
    let meaning = meaning.replace('\n', " ");
    let mut letters = meaning.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    section.extend(first.chain(letters));
    section += "\n\n| field of `data` | type | required | meaning |\n|---|---|---|---|\n";
    section += &table(&schema["properties"]["data"]);
    let file = file_name(event_type);
    let example = example_json(event_type);
    write!(section, "\n[Schema](../{file}). An example:\n\n```json\n{example:#}\n```\n").expect("a text takes all");
    section
}
