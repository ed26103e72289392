//! What comes from outside: in each way the same record, and what is refused and why.

use events::intake::{self, Accepted, Arrival, Draft, Flaw, Unreadable};
use events::{Wire, decode};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:00.123_456 UTC);

fn arrival() -> Arrival {
    Arrival::new(NOW, None, None)
}

fn auth() -> Value {
    json!({
        "specversion": "1.0", "id": "e-1", "source": "/campus", "type": "user.auth", "time": "2026-11-21T10:30:00+01:00",
        "data": {"userId": "u-1", "action": "login", "status": "success"}
    })
}

fn accept(json: &Value) -> Result<Accepted, Vec<Flaw>> {
    intake::structured(json.to_string().as_bytes()).unwrap().accept(&arrival())
}

fn record(draft: Draft) -> Value {
    serde_json::from_slice(&draft.accept(&arrival()).unwrap().record).unwrap()
}

/// The one flaw that there is, as `field: reason`.
fn flaw(result: Result<Accepted, Vec<Flaw>>) -> String {
    let flaws = result.unwrap_err();
    assert_eq!(flaws.len(), 1, "{flaws:?}");
    format!("{}: {}", flaws[0].field, flaws[0].reason)
}

#[test]
fn a_record_says_what_was_sent_and_what_the_envelope_lacked() {
    let mut sent = auth();
    sent["comexampleextension1"] = json!("value");
    sent["flag"] = json!(true);
    sent["number"] = json!(-5);
    sent["unset"] = Value::Null;
    sent["data"]["later"] = json!({"field": [1, 2.50, "x"]});
    let accepted = accept(&sent).unwrap();
    let record: Value = serde_json::from_slice(&accepted.record).unwrap();
    assert_eq!(
        record,
        json!({
            "specversion": "1.0", "id": "e-1", "source": "/campus", "type": "user.auth", "time": "2026-11-21T09:30:00Z",
            "datacontenttype": "application/json", "dataschema": "urn:onceward:event:user.auth:1.0",
            "partitionkey": "u-1", "correlationid": "e-1",
            "comexampleextension1": "value", "flag": true, "number": -5, "data": sent["data"]
        })
    );
    assert_eq!(decode(Wire { value: &accepted.record, headers: &[] }).unwrap(), accepted.event);
}

#[test]
fn what_the_event_says_goes_before_what_the_request_says() {
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let arrival = Arrival::new(NOW, Some("request"), Some(context));
    let accept = |json: Value| intake::structured(json.to_string().as_bytes()).unwrap().accept(&arrival).unwrap().event;
    let event = accept(auth());
    assert_eq!(event.correlation_id.unwrap().as_str(), "request");
    assert_eq!(event.traceparent.unwrap().as_str(), context);
    let mut sent = auth();
    (sent["correlationid"], sent["traceparent"]) = (json!("own"), json!("own-trace"));
    let event = accept(sent);
    assert_eq!(event.correlation_id.unwrap().as_str(), "own");
    assert_eq!(event.traceparent.unwrap().as_str(), "own-trace");
}

#[test]
fn an_event_without_a_time_gets_that_of_its_arrival_and_one_far_ahead_is_refused() {
    let mut sent = auth();
    sent.as_object_mut().unwrap().remove("time");
    assert_eq!(accept(&sent).unwrap().event.time, NOW);
    sent["time"] = json!("2026-11-21T09:35:00Z");
    assert!(accept(&sent).is_ok());
    sent["time"] = json!("2026-11-21T09:35:00.123457Z");
    assert_eq!(flaw(accept(&sent)), "time: is more than 5 minutes ahead");
}

#[test]
fn every_way_makes_the_same_record() {
    let mut sent = auth();
    (sent["sequence"], sent["correlationid"], sent["tenant"]) =
        (json!("0000000007"), json!("c-1"), json!("Örebro %41"));
    sent["data"]["later"] = json!({"field": [1, 2]});
    let data = sent["data"].to_string();
    let structured = record(intake::structured(sent.to_string().as_bytes()).unwrap());

    let batch = format!("[{sent},{sent}]");
    for draft in intake::batch(batch.as_bytes(), 2).unwrap() {
        assert_eq!(record(draft), structured);
    }

    let mut base64 = sent.clone();
    base64["data"] = Value::Null;
    base64["data_base64"] = json!(
        "eyJ1c2VySWQiOiJ1LTEiLCJhY3Rpb24iOiJsb2dpbiIsInN0YXR1cyI6InN1Y2Nlc3MiLCJsYXRlciI6eyJmaWVsZCI6WzEsMl19fQ=="
    );
    assert_eq!(record(intake::structured(base64.to_string().as_bytes()).unwrap()), structured);

    let headers = [
        ("specversion", "1.0"),
        ("id", "e-1"),
        ("source", "\"/campus\""),
        ("type", "user.auth"),
        ("time", "2026-11-21T10:30:00+01:00"),
        ("sequence", "0000000007"),
        ("correlationid", "c-1"),
        ("tenant", "%C3%96rebro%20%2541"),
    ];
    let headers = headers.map(|(name, value)| (name, value.as_bytes()));
    let binary = intake::binary(headers, "application/json; charset=utf-8", format!(" {data}\n").as_bytes()).unwrap();
    assert_eq!(record(binary), structured);

    let metadata = json!({"source": "/campus", "correlationId": "c-1", "tenant": "Örebro %41"});
    let with_data = json!({
        "eventType": "user.auth", "eventId": "e-1", "timestamp": "2026-11-21T09:30:00Z", "sequence": 7,
        "data": sent["data"], "metadata": metadata
    });
    let beside = json!({
        "type": "user.auth", "id": "e-1", "time": "2026-11-21T09:30:00Z", "sequence": "0000000007",
        "userId": "u-1", "action": "login", "status": "success", "later": {"field": [1, 2]}, "metadata": metadata
    });
    for plain in [with_data, beside] {
        assert_eq!(record(intake::plain(plain.to_string().as_bytes(), None, NOW).unwrap()), structured);
    }
}

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

#[test]
fn bodies_of_any_depth_are_read_without_harm() {
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
        let nested = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        intake::structured(nested.as_bytes()).err();
        intake::batch(nested.as_bytes(), 500).err();
        intake::plain(nested.as_bytes(), None, NOW).err();
        let inside = auth().to_string().replace(r#""login""#, &format!(r#""login","x":{nested}"#));
        let flaws = intake::structured(inside.as_bytes()).unwrap().accept(&arrival()).unwrap_err();
        assert!(flaws[0].reason.contains("nested deeper"), "{flaws:?}");
        assert!(flaws[0].field.len() < 300, "{flaws:?}");
    }
}

proptest! {
    #[test]
    fn any_body_is_an_answer_and_what_is_taken_is_read_by_consumers(
        place in 0_usize..200, replaced in prop::collection::vec(any::<u8>(), 0..4), cut in any::<bool>()
    ) {
        let mut body = auth().to_string().into_bytes();
        let place = place % body.len();
        let end = if cut { body.len() } else { place + 1 };
        body.splice(place..end, replaced);
        let drafts = [intake::structured(&body).ok(), intake::plain(&body, Some("/campus"), NOW).ok()];
        for draft in drafts.into_iter().flatten() {
            if let Ok(accepted) = draft.accept(&arrival()) {
                prop_assert_eq!(decode(Wire { value: &accepted.record, headers: &[] }).unwrap(), accepted.event);
            }
        }
    }

    #[test]
    fn any_header_is_an_answer(name in "[a-z0-9_-]{0,12}", value in prop::collection::vec(any::<u8>(), 0..20)) {
        let draft = intake::binary([(name.as_str(), value.as_slice())], "application/json", b"{}").unwrap();
        draft.accept(&arrival()).unwrap_err();
    }
}

/// Each would be a draft, with a text of what is wrong with it.
#[test]
fn a_batch_that_is_too_long_is_refused_before_its_events_are_looked_at() {
    let numbers = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(intake::batch(numbers(500).as_bytes(), 500).unwrap().len(), 500);
    let refused = intake::batch(numbers(400_000).as_bytes(), 500);
    assert!(matches!(refused, Err(Unreadable::TooMany(500))), "{:?}", refused.map(|drafts| drafts.len()));
}

/// Binary mode has texts alone, so a number is one by its digits.
#[test]
fn a_sequence_makes_the_same_record_in_every_form() {
    let structured = |sequence: Value| {
        let mut sent = auth();
        sent["sequence"] = sequence;
        intake::structured(sent.to_string().as_bytes()).unwrap()
    };
    let plain = |sequence: Value| {
        let mut sent = auth();
        let source = sent["source"].take();
        (sent["sequence"], sent["metadata"]) = (sequence, json!({ "source": source }));
        sent.as_object_mut().unwrap().retain(|name, _| !["specversion", "source"].contains(&name.as_str()));
        intake::plain(sent.to_string().as_bytes(), None, NOW).unwrap()
    };
    let binary = |sequence: &str| {
        let sent = auth();
        let attributes = sent.as_object().unwrap().iter().filter(|(name, _)| *name != "data");
        let attributes = attributes.map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes()));
        let headers = attributes.chain([("sequence", sequence.as_bytes())]);
        intake::binary(headers, "application/json", sent["data"].to_string().as_bytes()).unwrap()
    };
    for (text, kept) in [
        ("0", "0000000000"),
        ("10", "0000000010"),
        ("00010", "0000000010"),
        ("2147483647", "2147483647"),
        ("0000000010", "0000000010"),
        ("00000000000010", "00000000000010"),
        ("10a", "10a"),
        ("1.5", "1.5"),
        ("-", "-"),
        ("a-10", "a-10"),
    ] {
        let expected = record(binary(text));
        assert_eq!(expected["sequence"], kept, "{text}");
        assert_eq!(record(structured(json!(text))), expected, "{text}");
        assert_eq!(record(plain(json!(text))), expected, "{text}");
        if let Some(number) = text.parse::<i32>().ok().filter(|number| number.to_string() == text) {
            assert_eq!(record(structured(json!(number))), expected, "{text}");
            assert_eq!(record(plain(json!(number))), expected, "{text}");
        }
    }
    for draft in
        [structured(json!(-10)), structured(json!("-10")), plain(json!(-10)), plain(json!("-10")), binary("-10")]
    {
        assert_eq!(flaw(draft.accept(&arrival())), "sequence: is a negative number: sequences count from 0");
    }
}

#[test]
fn a_sequence_of_numbers_keeps_its_order_as_texts() {
    let sequence_of = |number: Value| {
        let body = json!({
            "eventType": "user.auth", "userId": "u", "action": "login", "status": "success", "sequence": number,
            "metadata": {"source": "/campus"},
        });
        intake::plain(body.to_string().as_bytes(), None, NOW).unwrap().accept(&Arrival::new(NOW, None, None))
    };
    let texts: Vec<_> = [0, 9, 10, i32::MAX].map(|n| sequence_of(json!(n)).unwrap().event.sequence).into();
    assert!(texts.is_sorted() && texts.iter().all(Option::is_some), "{texts:?}");
    assert!(sequence_of(json!(-1)).is_err());
}
