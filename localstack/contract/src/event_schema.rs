use events::{Envelope, EventType};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::example::example;
use crate::inline::{Parts, inline};

/// What the id of a click must be.
const UUID_V7: &str = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$";

/// Where the schema of an event is kept: one file for each major version.
#[must_use]
pub fn file_name(event_type: EventType) -> String {
    format!("schemas/{event_type}.{}.json", event_type.version().0)
}

/// JSON Schema 2020-12 of a whole event in structured mode: its envelope, and its data. It stands alone.
#[must_use]
pub fn event_schema(event_type: EventType) -> Value {
    let parts = parts(event_type);
    let mut schema = plain(&Envelope::schema(), &parts);
    let mut data = plain(&event_type.payload_schema(), &parts);
    if event_type == EventType::UserUpdated {
        data["allOf"] = values_of_named_fields(&data);
    }
    let description = data.as_object_mut().and_then(|data| data.remove("description"));
    let mut required = vec!["specversion", "id", "source", "type"];
    let properties = &mut schema["properties"];
    properties["data"] = data;
    properties["specversion"]["const"] = json!("1.0");
    properties["type"]["const"] = json!(event_type.name());
    properties["dataschema"]["pattern"] = json!(readable_versions(event_type));
    if event_type == EventType::LinkClicked {
        // The time of a click is in its data too.
        properties["id"]["pattern"] = json!(UUID_V7);
    } else {
        required.push("time");
        properties["time"]["type"] = json!("string");
    }
    required.push("data");
    schema["required"] = json!(required);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(event_type.dataschema());
    schema["title"] = json!(event_type.name());
    schema["description"] = description.unwrap_or_default();
    schema["examples"] = json!([example_json(event_type)]);
    schema
}

/// A field that `updatedFields` names has a value, and no other has.
fn values_of_named_fields(data: &Value) -> Value {
    let fields = data["properties"].as_object().into_iter().flat_map(|fields| fields.keys());
    let updatable = fields.filter(|field| !["userId", "updatedFields"].contains(&field.as_str()));
    let rule = |field: &String| {
        json!({
            "if": {"properties": {"updatedFields": {"contains": {"const": field}}}},
            "then": {"required": [field], "properties": {field: {"type": "string"}}},
            "else": {"properties": {field: {"type": "null"}}},
        })
    };
    updatable.map(rule).collect()
}

/// An example as it stands on the wire.
pub(crate) fn example_json(event_type: EventType) -> Value {
    serde_json::from_slice(&example(event_type).to_structured_json()).expect("an event is JSON")
}

/// Any minor version of the major one.
fn readable_versions(event_type: EventType) -> String {
    let name = event_type.name().replace('.', r"\.");
    format!("^urn:onceward:event:{name}:{}\\.[0-9]{{1,4}}$", event_type.version().0)
}

fn parts(event_type: EventType) -> Parts {
    let mut parts = event_type.payload_parts();
    Envelope::schemas(&mut parts);
    parts.into_iter().map(|(name, schema)| (name, json(&schema))).collect()
}

fn plain(schema: &RefOr<Schema>, parts: &Parts) -> Value {
    let mut schema = json(schema);
    inline(&mut schema, parts, |_| true);
    schema
}

fn json(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).expect("a schema is JSON")
}
