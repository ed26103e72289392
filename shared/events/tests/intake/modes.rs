//! Every way in makes the same record.

use events::intake::{self, Arrival};
use serde_json::{Value, json};

use crate::{NOW, arrival, auth, flaw, record};

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
