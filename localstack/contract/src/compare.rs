//! What a schema may become within its major version.
//!
//! Events written before must be taken by readers of now, and events written now by readers of before, who look at what they know
//! and refuse what they cannot read. So a schema may gain fields that nobody must give, lose fields that nobody had to give,
//! and say it in other words; each with a later minor version, but for the words. All else is a new major version.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What says nothing about which events are valid.
const WORDS: [&str; 8] = ["$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "title"];

/// Why the new schema cannot follow the old one within a major version, a line each. None where it can.
#[must_use]
pub fn incompatibilities(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(old, new, "", &mut found);
    let is_same = without_words(old) == without_words(new);
    match (minor(old), minor(new)) {
        (Some(old), Some(new)) if new < old => found.push(format!("the minor version goes back from {old} to {new}")),
        (Some(old), Some(new)) if new == old && !is_same && found.is_empty() => {
            found.push(format!("it was changed and is still version .{new}: count the minor version up"));
        }
        (Some(_), Some(_)) => {}
        _ => found.push("its $id names no version".to_owned()),
    }
    found
}

fn minor(schema: &Value) -> Option<u16> {
    schema["$id"].as_str()?.rsplit_once('.')?.1.parse().ok()
}

fn compare(old: &Value, new: &Value, at: &str, found: &mut Vec<String>) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        if old != new {
            found.push(format!("{at}: was {old}, is {new}"));
        }
        return;
    };
    fields(old, new, at, found);
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|key| !WORDS.contains(&key.as_str())).collect();
    for key in keys {
        match (key.as_str(), old.get(key), new.get(key)) {
            ("properties" | "required", ..) => {}
            ("items", Some(old), Some(new)) => compare(old, new, &format!("{at}[]"), found),
            ("anyOf" | "oneOf" | "allOf", Some(Value::Array(old)), Some(Value::Array(new)))
                if old.len() == new.len() =>
            {
                old.iter().zip(new).for_each(|(old, new)| compare(old, new, at, found));
            }
            ("enum", Some(Value::Array(old)), Some(Value::Array(new))) => names(old, new, at, found),
            (key, old, new) if old != new => found.push(format!("{at}: {key} {}", change(key, old, new))),
            _ => {}
        }
    }
}

fn fields(old: &Map<String, Value>, new: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    let (old_fields, new_fields) = (names_of_fields(old), names_of_fields(new));
    for field in old_fields.union(&new_fields) {
        let at = format!("{at}.{field}");
        let was_needed = required(old).contains(field.as_str());
        let is_needed = required(new).contains(field.as_str());
        match (property(old, field), property(new, field)) {
            (Some(_), None) if was_needed => found.push(format!("{at}: was removed, and readers of before require it")),
            (None, _) if is_needed => found.push(format!("{at}: is new and required, and events of before lack it")),
            (Some(_), Some(_)) if was_needed && !is_needed => {
                found.push(format!("{at}: is no longer required, and readers of before require it"));
            }
            (Some(_), Some(_)) if is_needed && !was_needed => {
                found.push(format!("{at}: is required now, and events of before may lack it"));
            }
            _ => {}
        }
        if let (Some(old), Some(new)) = (property(old, field), property(new, field)) {
            compare(old, new, &at, found);
        }
    }
}

fn property<'a>(schema: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(field)
}

fn names_of_fields(schema: &Map<String, Value>) -> BTreeSet<String> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys().cloned()).collect()
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn names(old: &[Value], new: &[Value], at: &str, found: &mut Vec<String>) {
    let gone = old
        .iter()
        .filter(|name| !new.contains(name))
        .map(|name| format!("{at}: {name} of events of before is refused"));
    let added = new
        .iter()
        .filter(|name| !old.contains(name))
        .map(|name| format!("{at}: {name} is refused by readers of before"));
    found.extend(gone.chain(added));
}

/// Which side is refused.
fn change(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let (least, most) = (key.starts_with("min"), key.starts_with("max"));
    let bound =
        |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(if least { f64::MIN } else { f64::MAX });
    let (was, is) = (bound(old), bound(new));
    let refused = match (least || most, (is > was) == least) {
        (false, _) => "events of before are refused, or new ones by readers of before",
        (true, true) => "events of before beyond it are refused",
        (true, false) => "events beyond what it was are refused by readers of before",
    };
    format!("was {}, is {}: {refused}", show(old), show(new))
}

fn without_words(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => object
            .iter()
            .filter(|(key, _)| !WORDS.contains(&key.as_str()))
            .map(|(key, value)| {
                (key.clone(), if key == "properties" { each_without_words(value) } else { without_words(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(without_words).collect(),
        other => other.clone(),
    }
}

/// Properties have names of their own, `title` for one.
fn each_without_words(properties: &Value) -> Value {
    let properties = properties.as_object().into_iter().flatten();
    properties.map(|(name, schema)| (name.clone(), without_words(schema))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A schema that has one of everything.
    fn schema() -> Value {
        json!({
            "$id": "urn:onceward:event:x:1.3",
            "description": "An x.",
            "type": "object",
            "required": ["id", "kind"],
            "properties": {
                "id": {"type": "string", "minLength": 1, "maxLength": 8, "pattern": "^[a-z]*$"},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "names": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 1},
                "address": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "null"}]},
                "title": {"type": ["string", "null"], "description": "What it is called."},
            },
        })
    }

    fn edited(path: &str, value: Option<Value>) -> Value {
        let mut schema = schema();
        let (parent, key) = path.rsplit_once('/').unwrap();
        let parent = schema.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(parent), Some(value)) => drop(parent.insert(key.to_owned(), value)),
            (Value::Object(parent), None) => drop(parent.remove(key).unwrap()),
            (parent, Some(value)) => parent[key.parse::<usize>().unwrap()] = value,
            (_, None) => unreachable!(),
        }
        schema
    }

    fn later(mut schema: Value) -> Value {
        schema["$id"] = json!("urn:onceward:event:x:1.4");
        schema
    }

    #[test]
    fn fields_that_nobody_must_give_may_come_and_go_with_a_later_minor_version() {
        let changes = [
            edited("/properties/new", Some(json!({"type": "string"}))),
            edited("/properties/names", None),
            edited("/properties/title", None),
        ];
        for changed in changes {
            assert_eq!(incompatibilities(&schema(), &later(changed.clone())), [""; 0], "{changed}");
            let found = incompatibilities(&schema(), &changed);
            assert_eq!(found, ["it was changed and is still version .3: count the minor version up"], "{changed}");
            assert_eq!(incompatibilities(&later(schema()), &changed), ["the minor version goes back from 4 to 3"]);
        }
    }

    #[test]
    fn other_words_are_no_change() {
        for changed in [
            schema(),
            edited("/description", Some(json!("Another x."))),
            edited("/examples", Some(json!([{}]))),
            edited("/properties/id/description", Some(json!("Which."))),
            edited("/properties/title/description", None),
        ] {
            assert_eq!(incompatibilities(&schema(), &changed), [""; 0], "{changed}");
        }
    }

    #[test]
    fn what_one_side_would_refuse_is_found_each_way() {
        let cases = [
            (
                "/properties/kind",
                None,
                ".kind: was removed, and readers of before require it",
                ".kind: is new and required",
            ),
            ("/required", Some(json!(["id"])), ".kind: is no longer required", ".kind: is required now"),
            ("/properties/id/maxLength", Some(json!(4)), "events of before beyond it", "by readers of before"),
            ("/properties/id/maxLength", None, "by readers of before", "events of before beyond it"),
            ("/properties/id/minLength", Some(json!(2)), "events of before beyond it", "by readers of before"),
            ("/properties/id/type", Some(json!(["string", "null"])), ".id: type was", ".id: type was"),
            ("/properties/id/pattern", Some(json!("^[0-9]*$")), ".id: pattern was", ".id: pattern was"),
            ("/properties/id/format", Some(json!("uuid")), ".id: format was nothing", ".id: format was \"uuid\""),
            (
                "/properties/kind/enum",
                Some(json!(["a"])),
                "\"b\" of events of before is refused",
                "\"b\" is refused by",
            ),
            ("/properties/names/items/maxLength", Some(json!(9)), ".names[]: maxLength", ".names[]: maxLength"),
            ("/properties/names/minItems", Some(json!(2)), "events of before beyond it", "by readers of before"),
            ("/properties/address/anyOf/0/format", Some(json!("ipv6")), ".address: format", ".address: format"),
            ("/properties/address/anyOf", Some(json!([{"type": "null"}])), ".address: anyOf", ".address: anyOf"),
            ("/additionalProperties", Some(json!(false)), ": additionalProperties was nothing", "is nothing"),
        ];
        for (path, value, forth, back) in cases {
            let changed = edited(path, value);
            for (found, expected) in [
                (incompatibilities(&schema(), &later(changed.clone())), forth),
                (incompatibilities(&changed, &later(schema())), back),
            ] {
                assert!(found.len() == 1 && found[0].contains(expected), "{path}: {found:?}, not {expected}");
            }
        }
    }

    #[test]
    fn a_new_field_that_must_be_given_is_found() {
        let mut changed = edited("/properties/new", Some(json!({"type": "string"})));
        changed["required"] = json!(["id", "kind", "new"]);
        let found = incompatibilities(&schema(), &later(changed));
        assert_eq!(found, [".new: is new and required, and events of before lack it"]);
    }
}
