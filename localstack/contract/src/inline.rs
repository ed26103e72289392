//! References taken out of a schema: what they refer to stands in their place.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Schemas by the names that references give them.
pub(crate) type Parts = BTreeMap<String, Value>;

/// Puts every part that `wanted` says in the place of references to it, and writes what may be null in the shortest way.
pub(crate) fn inline(schema: &mut Value, parts: &Parts, wanted: fn(&Value) -> bool) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| inline(item, parts, wanted)),
        Value::Object(object) => {
            if let Some(part) = referred(object, parts).filter(|part| wanted(part)) {
                object.remove("$ref");
                // What is said where it is used is nearer to the point.
                for (key, value) in part.as_object().into_iter().flatten() {
                    object.entry(key).or_insert_with(|| value.clone());
                }
            }
            object.values_mut().for_each(|value| inline(value, parts, wanted));
            or_null(object);
        }
        _ => {}
    }
}

/// Whether a schema is one of texts or numbers, and not of what is made of them.
pub(crate) fn is_scalar(schema: &Value) -> bool {
    let alternatives = schema["anyOf"].as_array();
    matches!(schema["type"].as_str(), Some("string" | "integer" | "number" | "boolean"))
        || alternatives.is_some_and(|alternatives| alternatives.iter().all(is_scalar))
}

fn referred<'a>(object: &Map<String, Value>, parts: &'a Parts) -> Option<&'a Value> {
    let (_, name) = object.get("$ref")?.as_str()?.rsplit_once('/')?;
    parts.get(name)
}

/// `oneOf: [a text, null]` is a text or null.
fn or_null(object: &mut Map<String, Value>) {
    let Some([inner, null]) = object.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
    if *null != json!({"type": "null"}) || !is_scalar(inner) {
        return;
    }
    let Value::Object(mut inner) = inner.clone() else { return };
    if let Some(name) = inner.get("type").cloned() {
        inner.insert("type".to_owned(), json!([name, "null"]));
        if let Some(names) = inner.get_mut("enum").and_then(Value::as_array_mut) {
            names.push(Value::Null);
        }
    } else if let Some(alternatives) = inner.get_mut("anyOf").and_then(Value::as_array_mut) {
        alternatives.push(null.clone());
    }
    object.remove("oneOf");
    object.remove("default");
    object.extend(inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inlined(mut schema: Value) -> Value {
        let parts = [
            ("Text", json!({"type": "string", "maxLength": 8, "description": "A text."})),
            ("Status", json!({"type": "string", "enum": ["a", "b"]})),
            ("Address", json!({"anyOf": [{"type": "string", "format": "ipv4"}]})),
            ("Whole", json!({"type": "object"})),
        ];
        let parts = parts.map(|(name, schema)| (name.to_owned(), schema)).into();
        inline(&mut schema, &parts, is_scalar);
        schema
    }

    #[test]
    fn texts_stand_where_they_are_used_and_keep_what_is_said_there() {
        let at = |name: &str| json!({"$ref": format!("#/components/schemas/{name}"), "description": "Here."});
        assert_eq!(inlined(at("Text")), json!({"type": "string", "maxLength": 8, "description": "Here."}));
        assert_eq!(inlined(at("Whole")), at("Whole"));
    }

    #[test]
    fn what_may_be_null_is_said_in_the_shortest_way() {
        let or_null = |name: &str| {
            let reference = json!({"$ref": format!("#/components/schemas/{name}"), "description": "Here."});
            json!({"oneOf": [reference, {"type": "null"}], "default": null})
        };
        for (name, expected) in [
            ("Text", json!({"type": ["string", "null"], "maxLength": 8, "description": "Here."})),
            ("Status", json!({"type": ["string", "null"], "enum": ["a", "b", null], "description": "Here."})),
            (
                "Address",
                json!({"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "null"}], "description": "Here."}),
            ),
            ("Whole", or_null("Whole")),
        ] {
            assert_eq!(inlined(or_null(name)), expected, "{name}");
        }
    }
}
