//! What `POST /api/events` takes, in the words of the events' own schemas.

use events::EventType;
use serde_json::{Value, json};

use crate::event_schema::{event_schema, example_json};

/// The forms of the intake, as `events-api` names them.
const STRUCTURED: &str = "Event";
const PLAIN: &str = "PlainEvent";

/// Puts the schemas of all types that are taken from outside in the place of what is said about events in general, and shows an example
/// of each.
pub(super) fn describe(all: &mut Value) {
    let types = || EventType::ALL.into_iter().filter(|event_type| event_type.is_taken_from_outside());
    let schemas = &mut all["components"]["schemas"];
    for event_type in types() {
        schemas[event_type.name()] = over_http(event_type);
        schemas[format!("{event_type}.plain")] = plain(event_type);
    }
    schemas[STRUCTURED] = one_of("A CloudEvent 1.0 in structured mode.", types().map(EventType::name));
    schemas[PLAIN] = one_of("An event in the plain form.", types().map(|of| format!("{of}.plain")));
    let content = &mut all["paths"]["/api/events"]["post"]["requestBody"]["content"];
    let examples = |example: fn(EventType) -> Value| -> Value {
        types().map(|of| (of.name().to_owned(), json!({"summary": of.name(), "value": example(of)}))).collect()
    };
    content["application/cloudevents+json"]["examples"] = examples(example_json);
    content["application/json"]["examples"] = examples(plain_example);
    let batch: Value = types().map(example_json).collect();
    content["application/cloudevents-batch+json"]["examples"] =
        json!({"batch": {"summary": "One of each type", "value": batch}});
}

fn one_of(description: &str, names: impl Iterator<Item = impl std::fmt::Display>) -> Value {
    let references = names.map(|name| json!({"$ref": format!("#/components/schemas/{name}")}));
    json!({"description": description, "oneOf": references.collect::<Vec<_>>()})
}

/// The event as it is taken over HTTP: its time of arrival stands in for a time that it does not have.
fn over_http(event_type: EventType) -> Value {
    let mut schema = event_schema(event_type);
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, _| !["$id", "$schema", "examples"].contains(&key.as_str()));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name != "time");
    }
    schema
}

/// The plain form with its data in one member; its fields may stand beside the others instead, which schemas keep quiet about.
fn plain(event_type: EventType) -> Value {
    let structured = event_schema(event_type);
    let attribute = |name: &str| structured["properties"][name].clone();
    json!({
        "title": format!("{event_type}, plain"),
        "description": structured["description"],
        "type": "object",
        "required": ["eventType", "metadata", "data"],
        "properties": {
            "eventType": attribute("type"),
            "eventId": attribute("id"),
            "timestamp": attribute("time"),
            "subject": attribute("subject"),
            "sequence": attribute("sequence"),
            "metadata": {
                "type": "object",
                "description": "Who sent it, and what it belongs to.",
                "required": ["source"],
                "properties": {
                    "source": attribute("source"),
                    "correlationId": attribute("correlationid"),
                    "causationId": attribute("causationid"),
                    "traceparent": attribute("traceparent"),
                },
            },
            "data": attribute("data"),
        },
        "additionalProperties": false,
    })
}

fn plain_example(event_type: EventType) -> Value {
    let structured = example_json(event_type);
    json!({
        "eventType": structured["type"],
        "eventId": structured["id"],
        "timestamp": structured["time"],
        "metadata": {"source": structured["source"], "correlationId": structured["correlationid"]},
        "data": structured["data"],
    })
}
