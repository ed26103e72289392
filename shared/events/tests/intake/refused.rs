//! What is refused, and in which words.

use events::intake;
use serde_json::{Value, json};

use crate::{accept, arrival, auth, flaw};

#[test]
fn what_is_refused_is_named_with_its_reason() {
    let edit = |pointer: &str, value: Value| {
        let mut json = auth();
        let (outer, name) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(outer).unwrap()[name] = value;
        json
    };
    let deep = (0..40).fold(json!(1), |inner, _| json!({"x": inner}));
    let cases = [
        (edit("/specversion", json!("0.3")), "specversion: is not 1.0"),
        (edit("/specversion", Value::Null), "specversion: is not 1.0"),
        (edit("/id", Value::Null), "id: is missing"),
        (edit("/id", json!(7)), "id: is not a text"),
        (edit("/id", json!("")), "id: is empty"),
        (edit("/id", json!("x".repeat(129))), "id: is longer than 128 bytes"),
        (edit("/id", json!("a\u{7}b")), "id: contains a control character"),
        (edit("/id", json!("a\u{fffe}b")), "id: contains a control character"),
        (edit("/source", Value::Null), "source: is missing"),
        (edit("/source", json!("a b")), "source: is no URI reference"),
        (edit("/type", Value::Null), "type: is missing"),
        (edit("/type", json!("user.lost")), "type: is not known"),
        (edit("/type", json!("link.clicked")), "type: is not taken from outside"),
        (edit("/time", json!("yesterday")), "time: is no RFC 3339 time"),
        (edit("/time", json!("9999-12-31T23:59:59-00:01")), "time: is after the year 9999"),
        (edit("/subject", json!("")), "subject: is empty"),
        (
            edit("/dataschema", json!("urn:onceward:event:user.auth:2.0")),
            "dataschema: is not urn:onceward:event:user.auth:1.0",
        ),
        (edit("/datacontenttype", json!("text/xml")), "datacontenttype: is not application/json"),
        (edit("/partitionkey", json!("u-2")), "partitionkey: is not the key"),
        (edit("/Extension", json!("x")), "Extension: is no name of an attribute"),
        (edit("/ext-1", json!("x")), "ext-1: is no name of an attribute"),
        (edit("/extension", json!([1])), "extension: is neither a text"),
        (edit("/extension", json!(1.5)), "extension: is no whole number"),
        (edit("/extension", json!(3_000_000_000_u64)), "extension: is no whole number"),
        (edit("/extension", json!("x".repeat(1025))), "extension: is longer than 1024 bytes"),
        (edit("/data", Value::Null), "data: is missing"),
        (edit("/data", json!([])), "data: is no JSON object"),
        (edit("/data_base64", json!("e30=")), "data_base64: is given beside data"),
        (edit("/data/userId", Value::Null), "data.userId: invalid type: null"),
        (edit("/data/userId", json!("bob@example.com")), "data.userId: is not 1 to 128"),
        (edit("/data/userId", json!("key:0123456789ab")), "data.userId: begins with key: or operator:"),
        (edit("/data/userId", json!("operator:ada")), "data.userId: begins with key: or operator:"),
        (edit("/sequence", json!(-1)), "sequence: is a negative number"),
        (edit("/sequence", json!("-1")), "sequence: is a negative number"),
        (edit("/sequence", json!(true)), "sequence: is not a text"),
        (edit("/sequence", json!(3_000_000_000_u64)), "sequence: is no whole number of 32 bits"),
        (edit("/data/status", json!("maybe")), "data.status: unknown variant"),
        (edit("/data/ipAddress", json!("300.1.1.1")), "data.ipAddress: invalid IP address"),
        (edit("/data/later", json!({"list": [1, "nul\0"]})), "data.later.list[1]: contains a NUL"),
        (edit("/data/later", deep), "data.later.x.x"),
    ];
    for (json, expected) in cases {
        let found = flaw(accept(&json));
        assert!(found.starts_with(expected), "{json}: {found}");
    }
}

/// What `serde_json::Value` cannot write.
#[test]
fn what_programs_read_in_different_ways_is_refused() {
    let with = |field: &str| {
        let data = format!(r#"{{"userId":"u-1","action":"login","status":"success",{field}}}"#);
        format!(r#"{{"specversion":"1.0","id":"e","source":"/c","type":"user.auth","data":{data}}}"#)
    };
    let attribute = |attribute: &str| with(r#""x":1"#).replacen('{', &format!("{{{attribute},"), 1);
    let cases = [
        (with(r#""action":"logout""#), "data: has a member twice"),
        (with(r#""x":{"a":1,"a":2}"#), "data.x: has a member twice"),
        (with(r#""x":"\ud800""#), "data.x: "),
        (with(r#""x":1e999"#), "data.x: number out of range"),
        (with(r#""\u0000":1"#), "data"),
        (attribute(r#""id":"other""#), "id: is given twice"),
        (attribute(r#""subject":"\ud800""#), "subject: is no Unicode text"),
    ];
    for (body, expected) in cases {
        let found = flaw(intake::structured(body.as_bytes()).unwrap().accept(&arrival()));
        assert!(found.starts_with(expected), "{body}: {found}");
    }
    let large = with(r#""x":123456789012345678901234567890"#);
    let accepted = intake::structured(large.as_bytes()).unwrap().accept(&arrival()).unwrap();
    let record = String::from_utf8(accepted.record).unwrap();
    assert!(record.contains("123456789012345678901234567890"), "every digit is kept: {record}");
}
