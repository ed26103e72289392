//! The plain form: an event without an envelope.

use events::intake;
use serde_json::{Value, json};

use crate::{NOW, arrival, flaw, record};

#[test]
fn a_plain_event_without_an_id_or_a_source_gets_both() {
    let plain = json!({"eventType": "user.auth", "userId": "u-1", "action": "logout", "status": "success"});
    let read =
        || intake::plain(plain.to_string().as_bytes(), Some("/campus"), NOW).unwrap().accept(&arrival()).unwrap();
    let (one, other) = (read().event, read().event);
    assert!(one.id.as_uuid_v7().is_some() && one.id != other.id, "without an id it is another event");
    assert_eq!((one.source.as_str(), one.time), ("/campus", NOW));
    assert_eq!(one.correlation_id.unwrap().as_str(), one.id.as_str());
}

#[test]
fn a_plain_audit_event_keeps_its_own_event_type() {
    let audit = json!({
        "type": "system.audit", "eventType": "grade.changed", "userId": "u-1", "action": "change", "resource": "grades/1",
        "status": "success", "metadata": {"source": "/campus"}
    });
    let record = record(intake::plain(audit.to_string().as_bytes(), None, NOW).unwrap());
    assert_eq!((&record["type"], &record["data"]["eventType"]), (&json!("system.audit"), &json!("grade.changed")));
}

#[test]
fn a_plain_event_that_is_refused_is_told_in_its_own_words() {
    let base = json!({
        "eventType": "user.auth", "userId": "u-1", "action": "logout", "status": "success",
        "metadata": {"source": "/campus"}
    });
    let edit = |pointer: &str, value: Value| {
        let mut json = base.clone();
        let (outer, name) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(outer).unwrap()[name] = value;
        json
    };
    let cases = [
        (edit("/eventType", json!("user.lost")), "eventType: is not known"),
        (edit("/eventType", Value::Null), "eventType: is missing"),
        (edit("/type", json!(7)), "type: is not a text"),
        (edit("/eventId", json!("")), "eventId: is empty"),
        (edit("/timestamp", json!("now")), "timestamp: is no RFC 3339 time"),
        (edit("/time", json!("now")), "time: is no RFC 3339 time"),
        (edit("/metadata", Value::Null), "metadata.source: is missing"),
        (edit("/metadata", json!([])), "metadata: is no JSON object"),
        (edit("/metadata/source", json!("a b")), "metadata.source: is no URI reference"),
        (edit("/metadata/correlationId", json!({})), "metadata.correlationId: is neither a text"),
        (edit("/metadata/time", json!("x")), "metadata.time: belongs beside metadata"),
        (edit("/metadata/user-agent", json!("x")), "metadata.user-agent: is no name of an attribute"),
        (edit("/metadata/tags", json!([])), "metadata.tags: is neither a text"),
        (edit("/action", json!("jump")), "action: unknown variant `jump`"),
        (edit("/userId", Value::Null), "userId: invalid type: null"),
        (edit("/data", json!({"userId": "u-1"})), "userId: stands beside data"),
        (edit("/data", json!("text")), "userId: stands beside data"),
    ];
    for (json, expected) in cases {
        let flaws = intake::plain(json.to_string().as_bytes(), None, NOW).unwrap().accept(&arrival()).unwrap_err();
        let found: Vec<_> = flaws.iter().map(|flaw| format!("{}: {}", flaw.field, flaw.reason)).collect();
        assert!(found.iter().any(|found| found.starts_with(expected)), "{json}: {found:?}");
    }
    let twice = r#"{"eventType":"user.auth","id":"a","eventId":"b","userId":"u","action":"login","status":"success"}"#;
    let twice = intake::plain(twice.as_bytes(), Some("/campus"), NOW).unwrap().accept(&arrival());
    assert_eq!(flaw(twice), "eventId: is given twice");
}
