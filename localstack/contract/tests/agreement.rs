//! The schemas and what reads events say the same.

use contract::{event_schema, example};
use events::{Data, Event, EventType, Text, Wire, decode};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

fn validator(event_type: EventType) -> Validator {
    jsonschema::options().should_validate_formats(true).build(&event_schema(event_type)).unwrap()
}

fn json_of(event: &Event) -> Value {
    serde_json::from_slice(&event.to_structured_json()).unwrap()
}

fn is_read(json: &Value) -> bool {
    decode(Wire { value: json.to_string().as_bytes(), headers: &[] }).is_ok()
}

fn edited(event_type: EventType, path: &str, value: Value) -> Value {
    let mut json = json_of(&example(event_type));
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value == json!("absent") {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    json
}

#[test]
fn a_schema_takes_its_example_and_no_other_types() {
    for of in EventType::ALL {
        let validator = validator(of);
        for other in EventType::ALL {
            assert_eq!(validator.is_valid(&json_of(&example(other))), of == other, "{other} as {of}");
        }
        for example in event_schema(of)["examples"].as_array().unwrap() {
            assert!(is_read(example), "the example of {of}");
        }
    }
}

#[test]
fn what_is_refused_is_refused_by_the_schema_too() {
    let long = |length| json!("x".repeat(length));
    let line = |quantity: i64, price: Value| json!({"sku": "mug", "quantity": quantity, "unitPrice": price});
    let any = [
        ("/specversion", json!("0.3")),
        ("/specversion", json!("absent")),
        ("/id", json!("absent")),
        ("/id", json!("")),
        ("/id", long(129)),
        ("/id", json!("nul\0")),
        ("/id", json!(7)),
        ("/source", Value::Null),
        ("/source", long(257)),
        ("/type", Value::Null),
        ("/type", json!("link.forgotten")),
        ("/time", json!("yesterday")),
        ("/time", json!("2026-02-30T00:00:00Z")),
        ("/subject", json!("")),
        ("/sequence", long(65)),
        ("/correlationid", long(129)),
        ("/causationid", json!({})),
        ("/traceparent", long(65)),
        ("/dataschema", json!("https://example.com/schema")),
        ("/dataschema", json!("urn:onceward:event:link.clicked:2.0")),
        ("/data", Value::Null),
        ("/data", json!([])),
        ("/data", json!("absent")),
        ("/data", json!({})),
    ];
    let any = EventType::ALL.iter().flat_map(|of| any.iter().map(|(path, value)| (*of, *path, value.clone())));
    let own = [
        (EventType::LinkClicked, "/id", json!("6f1c1ae2-6cf4-4b41-9f2b-0d3c3b5f2f10")),
        (EventType::LinkClicked, "/data/shortCode", json!("no/slash")),
        (EventType::LinkClicked, "/data/shortCode", long(65)),
        (EventType::LinkClicked, "/data/linkId", json!("7")),
        (EventType::LinkClicked, "/data/timestamp", json!("absent")),
        (EventType::LinkClicked, "/data/userAgent", long(1025)),
        (EventType::LinkClicked, "/data/userAgent", json!("nul\0")),
        (EventType::LinkClicked, "/data/ipAddress", json!("300.1.1.1")),
        (EventType::LinkClicked, "/data/edgeCountry", json!("Sweden")),
        (EventType::LinkClicked, "/data/edgeCountry", json!("ZZ")),
        (EventType::LinkClicked, "/data/utm", Value::Null),
        (EventType::LinkClicked, "/data/utm/source", json!("")),
        (EventType::UserRegistered, "/time", json!("absent")),
        (EventType::UserRegistered, "/data/userId", json!("ada@example.com")),
        (EventType::UserRegistered, "/data/userId", long(129)),
        (EventType::UserRegistered, "/data/userType", json!("absent")),
        (EventType::UserRegistered, "/data/email", json!("ada")),
        (EventType::UserRegistered, "/data/email", json!("a da@example.com")),
        (EventType::UserRegistered, "/data/email", json!(format!("{}@example.com", "x".repeat(243)))),
        (EventType::UserRegistered, "/data/displayName", long(257)),
        (EventType::UserUpdated, "/data/updatedFields", json!([])),
        (EventType::UserUpdated, "/data/updatedFields", json!(["email", 7])),
        (EventType::UserUpdated, "/data/updatedFields", json!(["email", "userType"])),
        (EventType::UserUpdated, "/data/updatedFields", json!(["phone"])),
        (EventType::UserUpdated, "/data/updatedFields", json!(vec!["email"; 65])),
        (EventType::UserUpdated, "/data/email", Value::Null),
        (EventType::UserUpdated, "/data/userType", json!("teacher")),
        (EventType::UserAuth, "/data/action", json!("signup")),
        (EventType::UserAuth, "/data/status", json!("SUCCESS")),
        (EventType::UserAuth, "/data/ipAddress", json!("localhost")),
        (EventType::SystemAudit, "/data/resource", long(513)),
        (EventType::SystemAudit, "/data/status", json!("")),
        (EventType::SystemAudit, "/data/userId", json!("absent")),
        (EventType::OrderPlaced, "/data/items", json!([])),
        (EventType::OrderPlaced, "/data/items", json!(vec![line(1, json!(1)); 501])),
        (EventType::OrderPlaced, "/data/items", json!([line(0, json!(1))])),
        (EventType::OrderPlaced, "/data/items", json!([line(2_147_483_648, json!(1))])),
        (EventType::OrderPlaced, "/data/items", json!([line(1, json!(-1))])),
        (EventType::OrderPlaced, "/data/items", json!([line(1, json!(0.5))])),
        (EventType::OrderPlaced, "/data/items", json!([line(1, json!("1"))])),
        (EventType::OrderPlaced, "/data/items", json!([{"sku": "mug", "quantity": 1}])),
        (EventType::OrderPlaced, "/data/currency", json!("eur")),
        (EventType::OrderPlaced, "/data/currency", json!("XXX")),
        (EventType::OrderPlaced, "/data/orderId", json!("o/1")),
        (EventType::PaymentSettled, "/data/amount", json!(0)),
        (EventType::PaymentSettled, "/data/amount", json!(12.5)),
        (EventType::PaymentSettled, "/data/amount", json!(9_223_372_036_854_775_808_u64)),
        (EventType::PaymentSettled, "/data/currency", json!("EURO")),
        (EventType::PaymentSettled, "/data/status", json!("paid")),
        (EventType::PaymentSettled, "/data/paymentId", long(129)),
        (EventType::InventoryAdjusted, "/data/delta", json!(2_147_483_648_i64)),
        (EventType::InventoryAdjusted, "/data/delta", json!("1")),
        (EventType::InventoryAdjusted, "/data/reason", json!("")),
        (EventType::InventoryAdjusted, "/data/adjustmentId", json!("absent")),
        (EventType::ThreadCreated, "/data/title", json!("")),
        (EventType::ThreadCreated, "/data/title", long(1201)),
        (EventType::ThreadCreated, "/data/courseId", json!("c/12")),
        (EventType::ThreadCreated, "/data/authorId", json!("ada@example.com")),
        (EventType::ThreadViewed, "/data/viewerId", json!("")),
        (EventType::CommentAdded, "/data/parentId", long(129)),
        (EventType::CommentEdited, "/data/commentId", json!("absent")),
        (EventType::VoteCast, "/data/vote", json!("UP")),
        (EventType::VoteCast, "/data/previous", json!("absent")),
    ];
    for (event_type, path, value) in any.chain(own) {
        let json = edited(event_type, path, value);
        assert!(!validator(event_type).is_valid(&json), "the schema of {event_type} takes {path} of {json}");
        // Only a click may do without a time, and none of the above takes it away from one.
        assert!(!is_read(&json), "{path} of {json} is read");
    }
}

#[test]
fn what_readers_pass_over_the_schema_passes_over() {
    for event_type in EventType::ALL {
        for (path, value) in [
            ("/added", json!({"any": "thing"})),
            ("/data/added", json!(7)),
            ("/subject", Value::Null),
            ("/dataschema", json!("absent")),
            ("/dataschema", json!(format!("urn:onceward:event:{event_type}:1.7"))),
            ("/time", json!("2026-11-21T10:30:00.1234567+01:00")),
        ] {
            let json = edited(event_type, path, value);
            assert!(validator(event_type).is_valid(&json), "the schema refuses {path} of {json}");
            assert!(is_read(&json), "{path} of {json} is not read");
        }
    }
}

#[test]
fn a_click_may_do_without_the_time_of_its_envelope() {
    let json = edited(EventType::LinkClicked, "/time", json!("absent"));
    assert!(is_read(&json) && validator(EventType::LinkClicked).is_valid(&json));
}

/// Values that readers take for some field, and others that they take for none.
fn value() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        "[ -~]{0,40}",
        "[a-z]{1,8}@[a-z]{1,8}",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.0\\.1",
        "[0-9a-f:]{2,12}",
        "[A-Za-z]{2}",
        "2026-[01][0-9]-[0-3][0-9]T[0-2][0-9]:30:00Z",
        "(login|logout|success|failure|email|userType|displayName)",
        "x{30,2050}",
    ];
    let texts = texts.prop_map(Value::String);
    let names = prop::collection::vec("(email|userType|displayName|phone)", 0..4).prop_map(|names| json!(names));
    prop_oneof![8 => texts, 2 => names, 1 => Just(Value::Null), 1 => any::<i32>().prop_map(|n| json!(n)), 1 => Just(json!({}))]
}

/// What readers pass over, whatever it is, and the schema holds to its kind.
const PASSED_OVER: [&str; 2] = ["/datacontenttype", "/partitionkey"];

proptest! {
    #[test]
    fn schema_and_reader_agree_about_any_value_of_any_field(
        of in 0..EventType::ALL.len(), field in any::<prop::sample::Index>(), value in value()
    ) {
        let event_type = EventType::ALL[of];
        let schema = event_schema(event_type);
        let names = |path: &str| {
            let properties = schema.pointer(path).unwrap().as_object().unwrap().keys();
            properties.map(move |name| format!("{}/{name}", path.replace("/properties", ""))).collect::<Vec<_>>()
        };
        let mut fields = names("/properties");
        fields.extend(names("/properties/data/properties"));
        fields.retain(|field| !PASSED_OVER.contains(&field.as_str()));
        let path = &fields[field.index(fields.len())];
        // Readers take a list of its values for an object in the data, which nobody is told of.
        prop_assume!(!(path == "/data/utm" && value.is_array()));
        let json = edited(event_type, path, value);
        prop_assert_eq!(validator(event_type).is_valid(&json), is_read(&json), "{}", json);
    }

    #[test]
    fn whatever_is_written_keeps_to_the_schema(
        of in 0..EventType::ALL.len(), texts in prop::collection::vec("\\PC{1,40}", 6), sequence in any::<bool>()
    ) {
        let mut event = example(EventType::ALL[of]);
        let text = |at: usize| Text::cut(texts[at].as_bytes());
        event.source = text(0).unwrap();
        event.subject = Text::cut(texts[1].as_bytes());
        event.sequence = event.sequence.filter(|_| sequence);
        match &mut event.data {
            Data::LinkClicked(click) => click.user_agent = Text::cut(texts[2].as_bytes()),
            Data::UserRegistered(user) => user.display_name = Text::cut(texts[2].as_bytes()),
            Data::UserUpdated(update) => update.updated_fields.extend(Text::cut(texts[2].as_bytes())),
            Data::UserAuth(auth) => auth.user_agent = Text::cut(texts[2].as_bytes()),
            Data::SystemAudit(audit) => audit.detail = Text::cut(texts[2].as_bytes()),
            Data::InventoryAdjusted(adjustment) => adjustment.reason = Text::cut(texts[2].as_bytes()).unwrap(),
            Data::ThreadCreated(thread) => thread.title = Text::cut(texts[2].as_bytes()).unwrap(),
            Data::ThreadEdited(edit) => edit.title = Text::cut(texts[2].as_bytes()).unwrap(),
            // What they say has no text that may be any.
            Data::OrderPlaced(_)
            | Data::PaymentSettled(_)
            | Data::ThreadViewed(_)
            | Data::ThreadDeleted(_)
            | Data::CommentAdded(_)
            | Data::CommentEdited(_)
            | Data::CommentDeleted(_)
            | Data::VoteCast(_) => {}
        }
        let json = json_of(&event);
        prop_assert!(validator(event.event_type()).is_valid(&json), "{}", json);
    }
}
