//! What `POST /api/events` takes, in the words of the events' own schemas.

use events::EventType;
use serde_json::{Value, json};

use crate::event_schema::{event_schema, example_json};

/// The forms of the intake, as `events-api` names them.
const STRUCTURED: &str = "Event";
const PLAIN: &str = "PlainEvent";

/// A text that CloudEvents allows: no control characters, and none that Unicode keeps for itself.
const ATTRIBUTE: &str = r"^[^\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]*$";
/// A user: API keys and operators are for our own functions to speak for.
const USER: &str = "^(?!key:|operator:)[A-Za-z0-9_.:-]{1,128}$";
/// One that can be a URI reference.
const REFERENCE: &str = r#"^[^\s"<>\\^`{|}\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]*$"#;

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

/// The event as it is taken over HTTP: its time of arrival stands in for a time that it does not have, and what CloudEvents does not
/// allow is refused, which who reads a topic passes over.
fn over_http(event_type: EventType) -> Value {
    let mut schema = event_schema(event_type);
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, _| !["$id", "$schema", "examples"].contains(&key.as_str()));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name != "time");
    }
    let properties = schema["properties"].as_object_mut().into_iter().flatten();
    for (_, attribute) in properties.filter(|(name, _)| *name != "data" && *name != "dataschema") {
        attribute["pattern"] = json!(ATTRIBUTE);
    }
    schema["properties"]["sequence"] = sequence(&schema["properties"]["sequence"]);
    if let Some(user) = schema["properties"]["data"]["properties"].get_mut("userId") {
        user["pattern"] = json!(USER);
    }
    schema["properties"]["time"]["type"] = json!(["string", "null"]);
    schema["properties"]["source"]["pattern"] = json!(REFERENCE);
    schema["properties"]["datacontenttype"]["pattern"] = json!("^application/json$");
    schema["propertyNames"] = json!({"pattern": "^[a-z0-9]{1,64}$"});
    schema["additionalProperties"] = json!({
        "description": "An extension of CloudEvents, which is kept.",
        "type": ["string", "integer", "boolean", "null"],
        "format": "int32",
        "minimum": i32::MIN,
        "maximum": i32::MAX,
        "maxLength": 1024,
        "pattern": ATTRIBUTE,
    });
    schema
}

/// A whole number is taken, too, and is given the leading zeros that make texts sort like numbers. None is negative, as a text neither.
fn sequence(text: &Value) -> Value {
    let mut sequence = text.clone();
    sequence["type"] = json!(["string", "integer", "null"]);
    sequence["pattern"] = json!(ATTRIBUTE.replacen('^', "^(?!-[0-9]+$)", 1));
    (sequence["minimum"], sequence["maximum"]) = (json!(0), json!(i32::MAX));
    sequence
}

/// The plain form with its data in one member; its fields may stand beside the others instead, which schemas keep quiet about.
fn plain(event_type: EventType) -> Value {
    let structured = over_http(event_type);
    let attribute = |name: &str| structured["properties"][name].clone();
    // One is made where there is none.
    let mut id = attribute("id");
    id["type"] = json!(["string", "null"]);
    json!({
        "title": format!("{event_type}, plain"),
        "description": structured["description"],
        "type": "object",
        "required": ["eventType", "metadata", "data"],
        "properties": {
            "eventType": attribute("type"),
            "eventId": id,
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
