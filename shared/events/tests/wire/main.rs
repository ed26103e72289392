//! The wire format of every published event type and version. A failing case means a new version, not a new literal.

mod campus;
mod discussions;
mod shop;

use events::{Data, DecodeError, Event, EventType, LinkClicked, Text, Utm, Wire, decode};
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::uuid;

use crate::campus::{campus, of_campus_json};
use crate::discussions::discussions;
use crate::shop::shop;

const SCHEMA_1_0: &str = "urn:onceward:event:link.clicked:1.0";

fn full_click() -> Event {
    Event {
        id: uuid!("01932d3c-6a00-7000-8000-00000000002a").into(),
        source: Text::new("/onceward/redirect").unwrap(),
        time: datetime!(2026-11-21 09:30:00.25 UTC),
        subject: Text::new("spring").ok(),
        sequence: Text::new("7").ok(),
        correlation_id: Text::new("c-1").ok(),
        causation_id: Text::new("c-0").ok(),
        traceparent: Text::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").ok(),
        data: Data::LinkClicked(LinkClicked {
            link_id: uuid!("01932d3c-0000-7000-8000-000000000001"),
            short_code: "spring".parse().unwrap(),
            timestamp: datetime!(2026-11-21 09:30:00.25 UTC),
            user_agent: Text::new("Mozilla/5.0 \"quoted\"").ok(),
            ip_address: Some("2001:db8::1".parse().unwrap()),
            referrer: Text::new("https://news.example/a?b=c").ok(),
            accept_language: Text::new("sv-SE,sv;q=0.9").ok(),
            utm: Utm {
                source: Text::new("letter").ok(),
                medium: Text::new("email").ok(),
                campaign: Text::new("may").ok(),
                term: Text::new("shoes").ok(),
                content: Text::new("top").ok(),
            },
            edge_country: Some("SE".parse().unwrap()),
        }),
    }
}

fn full_click_json() -> Value {
    json!({
        "specversion": "1.0",
        "id": "01932d3c-6a00-7000-8000-00000000002a",
        "source": "/onceward/redirect",
        "type": "link.clicked",
        "time": "2026-11-21T09:30:00.25Z",
        "subject": "spring",
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_1_0,
        "partitionkey": "spring",
        "sequence": "7",
        "correlationid": "c-1",
        "causationid": "c-0",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": {
            "linkId": "01932d3c-0000-7000-8000-000000000001",
            "shortCode": "spring",
            "timestamp": "2026-11-21T09:30:00.25Z",
            "userAgent": "Mozilla/5.0 \"quoted\"",
            "ipAddress": "2001:db8::1",
            "referrer": "https://news.example/a?b=c",
            "acceptLanguage": "sv-SE,sv;q=0.9",
            "utm": {"source": "letter", "medium": "email", "campaign": "may", "term": "shoes", "content": "top"},
            "edgeCountry": "SE"
        }
    })
}

fn least_click_json() -> Value {
    json!({
        "specversion": "1.0",
        "id": "01932d3c-6a00-7000-8000-00000000002a",
        "source": "/elsewhere",
        "type": "link.clicked",
        "data": {
            "linkId": "01932d3c-0000-7000-8000-000000000001",
            "shortCode": "spring",
            "timestamp": "2026-11-21T09:30:00Z"
        }
    })
}

/// Every type but clicks.
fn others() -> impl Iterator<Item = (EventType, Event, Value)> {
    campus().into_iter().chain(shop()).chain(discussions())
}

fn read(json: &Value) -> Result<Event, events::Rejection> {
    decode(Wire { value: json.to_string().as_bytes(), headers: &[] })
}

#[test]
fn the_wire_format_of_every_version_is_frozen() {
    let clicks = [(EventType::LinkClicked, full_click(), full_click_json())];
    let cases: Vec<_> = clicks.into_iter().chain(others()).collect();
    for event_type in EventType::ALL {
        assert!(cases.iter().any(|(of, _, _)| *of == event_type), "{event_type} has no literal");
    }
    for (event_type, event, json) in cases {
        assert_eq!(event.event_type(), event_type);
        let written: Value = serde_json::from_slice(&event.to_structured_json()).unwrap();
        assert_eq!(written, json, "{event_type} as it is written");
        assert_eq!(read(&json).unwrap(), event, "{event_type} as it is read");
    }
}

#[test]
fn an_event_with_only_what_must_be_there_is_read() {
    let event = read(&least_click_json()).unwrap();
    assert_eq!(event.time, datetime!(2026-11-21 09:30 UTC), "the click's own time stands in for the envelope's");
    assert_eq!(event.key(), "spring");
}

#[test]
fn the_binary_mode_says_the_same_as_the_structured_one() {
    let json = full_click_json();
    let headers: Vec<(String, Vec<u8>)> = json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "data" && *name != "datacontenttype")
        .map(|(name, value)| (format!("ce_{name}"), value.as_str().unwrap().as_bytes().to_vec()))
        .chain([("content-type".to_owned(), b"application/json".to_vec())])
        .collect();
    let value = json["data"].to_string();
    assert_eq!(decode(Wire { value: value.as_bytes(), headers: &headers }).unwrap(), full_click());
}

#[test]
fn an_added_field_and_a_later_minor_version_are_read() {
    let mut json = full_click_json();
    json["data"]["added"] = json!(true);
    json["added"] = json!("later");
    json["dataschema"] = json!("urn:onceward:event:link.clicked:1.7");
    assert_eq!(read(&json).unwrap(), full_click());
    for (event_type, event, mut json) in others() {
        json["data"]["added"] = json!({"deeply": [1, null]});
        json["added"] = json!(true);
        json["dataschema"] = json!(format!("urn:onceward:event:{event_type}:1.7"));
        assert_eq!(read(&json).unwrap(), event, "{event_type}");
    }
}

#[test]
fn a_payload_without_one_of_its_fields_or_with_a_wrong_one_is_refused_with_its_place() {
    let optional = ["displayName", "ipAddress", "userAgent", "detail", "viewerId", "parentId"];
    for (event_type, _, json) in others() {
        // A vote may be on the thread itself.
        let may_be_absent =
            |name: &str| optional.contains(&name) || (event_type.name(), name) == ("vote.cast", "commentId");
        for name in json["data"].as_object().unwrap().keys() {
            for wrong in [None, Some(json!({})), Some(json!("")), Some(json!("nul\0"))] {
                let mut json = json.clone();
                let fields = json["data"].as_object_mut().unwrap();
                match wrong.clone() {
                    None if may_be_absent(name) => continue,
                    None => fields.remove(name),
                    Some(wrong) => fields.insert(name.clone(), wrong),
                };
                let error = read(&json).unwrap_err().error;
                let DecodeError::Data { path, reason, .. } = &error else { panic!("{error}") };
                // What an update names and what it gives are compared with each other.
                let is_named = **path == **name || reason.contains(name.as_str());
                assert!(is_named, "{event_type} {name} {wrong:?}: {error}");
            }
        }
    }
}

#[test]
fn a_list_of_the_values_of_a_payload_is_none() {
    let mut json = of_campus_json("user.registered", "u-1", &Value::Null);
    json["data"] = json!(["u-1", "student", "ada@example.com", null]);
    let error = read(&json).unwrap_err().error;
    assert_eq!(error.to_string(), "the data is not a user.registered: is no JSON object");
}

#[test]
fn what_is_no_event_is_refused_by_name_and_keeps_its_identity() {
    let edit = |path: &str, value: Value| {
        let mut json = full_click_json();
        *json.pointer_mut(path).unwrap() = value;
        json
    };
    let cases = [
        (json!("text"), "not-cloudevent", false),
        (json!({}), "invalid-attribute", false),
        (edit("/specversion", json!("0.3")), "invalid-attribute", true),
        (edit("/id", json!("")), "invalid-attribute", false),
        (edit("/id", json!("x".repeat(129))), "invalid-attribute", false),
        (edit("/id", json!("nul\0")), "invalid-attribute", false),
        (edit("/id", json!("6f1c1ae2-6cf4-4b41-9f2b-0d3c3b5f2f10")), "invalid-attribute", true),
        (edit("/id", json!(7)), "not-cloudevent", false),
        (edit("/source", Value::Null), "missing-attribute", false),
        (edit("/type", Value::Null), "missing-attribute", true),
        (edit("/type", json!("link.forgotten")), "unknown-type", true),
        (edit("/time", json!("yesterday")), "invalid-attribute", true),
        (edit("/dataschema", json!("urn:onceward:event:link.clicked:2.0")), "unsupported-version", true),
        (edit("/dataschema", json!("https://example.com/schema")), "unsupported-version", true),
        (edit("/data", Value::Null), "missing-attribute", true),
        (edit("/data", json!([])), "invalid-data", true),
        (edit("/data/shortCode", json!("no/slash")), "invalid-data", true),
        (edit("/data/linkId", json!("7")), "invalid-data", true),
        (edit("/data/userAgent", json!("x".repeat(1025))), "invalid-data", true),
        (edit("/data/userAgent", json!("nul\0")), "invalid-data", true),
        (edit("/data/ipAddress", json!("300.1.1.1")), "invalid-data", true),
        (edit("/data/edgeCountry", json!("Sweden")), "invalid-data", true),
    ];
    for (json, class, identified) in cases {
        let rejection = read(&json).unwrap_err();
        assert_eq!(rejection.error.class(), class, "{json}");
        assert_eq!(rejection.identity.is_some(), identified, "{json}");
    }
}

#[test]
fn a_binary_record_whose_attribute_is_not_utf8_is_refused() {
    let headers = [("ce_specversion".to_owned(), b"1.0".to_vec()), ("ce_id".to_owned(), vec![0xff])];
    let rejection = decode(Wire { value: b"{}", headers: &headers }).unwrap_err();
    assert_eq!(rejection.error, DecodeError::Attribute { name: "id", reason: "is not UTF-8".to_owned() });
}
