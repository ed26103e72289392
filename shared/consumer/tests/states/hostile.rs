use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::shop::{World, event, raw, record};

/// Records of every hostile kind, with the class of the dead letter.
fn hostile() -> Vec<(Value, &'static str)> {
    let mut records: Vec<(Value, &'static str)> = Vec::new();
    let mut add = |value: &[u8], class| {
        let offset = 2 * i64::try_from(records.len()).unwrap();
        records.push((raw(offset, Some("a"), Some(value)), class));
    };
    add(b"", "not-cloudevent");
    add(b"rubbish", "not-cloudevent");
    add(b"null", "not-cloudevent");
    add(b"[]", "not-cloudevent");
    add(&[0xff, 0xfe, 0, 0x9f], "not-cloudevent");
    add(&b"\0".repeat(900_000), "not-cloudevent");
    add(&[b"{\"a\":".repeat(150_000), b"1".to_vec()].concat(), "not-cloudevent");
    add(&b"[".repeat(900_000), "not-cloudevent");
    let text = event(1000, &"x".repeat(900_000)).to_string();
    add(text.as_bytes(), "invalid-data");
    let mut number = 1001;
    let mut change = |name: &str, value: Value, class| {
        number += 1;
        let mut event = event(number, "noted");
        if value.is_null() {
            event.as_object_mut().unwrap().remove(name);
        } else {
            event[name] = value;
        }
        add(event.to_string().as_bytes(), class);
    };
    change("id", json!("a\0b"), "invalid-attribute");
    change("id", json!(""), "invalid-attribute");
    change("id", json!("i".repeat(129)), "invalid-attribute");
    change("id", json!(17), "not-cloudevent");
    change("id", Value::Null, "missing-attribute");
    change("source", json!("\0"), "invalid-attribute");
    change("specversion", json!("0.3"), "invalid-attribute");
    change("data", json!({"linkId": 17}), "invalid-data");
    add(&event_with(1100, "type", json!("order.created")), "unknown-type");
    add(&event_with(1101, "dataschema", json!("urn:onceward:event:link.clicked:2.0")), "unsupported-version");
    add(&event_with(1102, "dataschema", json!("urn:onceward:event:link.clicked:1")), "unsupported-version");
    add(&event_with(1103, "subject", json!("a\0b")), "invalid-attribute");
    add(&event_with(1104, "time", json!("yesterday")), "invalid-attribute");
    add(&event_with(1105, "data", json!(null)), "missing-attribute");
    add(event(1106, "noted\0").to_string().as_bytes(), "invalid-data");
    records
}

fn event_with(number: i64, name: &str, value: Value) -> Vec<u8> {
    let mut event = event(number, "noted");
    event[name] = value;
    event.to_string().into_bytes()
}

#[tokio::test]
async fn a_record_of_every_hostile_kind_is_a_dead_letter_with_all_its_bytes_and_stops_no_other() {
    let world = World::new().await;
    let hostile = hostile();
    let mut batch = Vec::new();
    for (record, _) in &hostile {
        let offset = record["offset"].as_i64().unwrap();
        batch.extend([record.clone(), crate::shop::record(offset + 1, "a", "noted")]);
    }
    let outcomes = world.deliver(0, &batch).await;
    let count = u64::try_from(hostile.len()).unwrap();
    assert_eq!((outcomes.dead_lettered, outcomes.applied), (count, count));
    let connection = &mut *world.database.pool.acquire().await.unwrap();
    let letters = store::dead_letters::list(connection, "shop").await.unwrap();
    for (letter, (record, class)) in letters.iter().zip(&hostile) {
        let value = letter.value.as_deref().unwrap();
        let start = String::from_utf8_lossy(&value[..value.len().min(200)]);
        assert_eq!(
            (letter.offset, letter.error_class.as_str()),
            (record["offset"].as_i64().unwrap(), *class),
            "{start}"
        );
        assert!(STANDARD.encode(value) == record["value"], "{start}");
    }
    assert_eq!(letters.len(), hostile.len());
    assert_eq!(world.deliver(1, &batch).await.duplicates, 2 * count, "all of it is known");
    assert_eq!(world.letters().await.len(), hostile.len());
}

#[tokio::test]
async fn a_tombstone_and_records_without_a_key_or_with_any_key_stop_nothing() {
    let world = World::new().await;
    let value = |number| event(number, "noted").to_string().into_bytes();
    let mut binary = raw(5, None, Some(&value(5)));
    binary["key"] = json!("/wD+gA==");
    let batch = [
        raw(0, Some("a"), None),
        raw(1, None, None),
        raw(2, None, Some(&value(2))),
        raw(3, Some(""), Some(&value(3))),
        raw(4, Some(&"k".repeat(100_000)), Some(&value(4))),
        binary,
        raw(6, None, Some(b"rubbish")),
    ];
    let outcomes = world.deliver(0, &batch).await;
    assert_eq!((outcomes.applied, outcomes.skipped, outcomes.dead_lettered), (4, 2, 1));
    assert_eq!(world.log().await, [2, 3, 4, 5]);
}

#[tokio::test]
async fn a_key_of_any_bytes_and_length_can_be_blocked() {
    let world = World::new().await;
    let mut batch: Vec<Value> = Vec::new();
    // No index holds a key of this length, and these bytes cannot be made shorter.
    let mut random = 7_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random.to_be_bytes()[0]
    })
    .take(100_000)
    .collect();
    for key in [&b""[..], &[0, 255, 254], &bytes] {
        let offset = i64::try_from(batch.len()).unwrap();
        let key = STANDARD.encode(key);
        let mut waits = record(offset, "", "moved o1");
        waits["key"] = json!(key);
        let mut behind = record(offset + 1, "", "noted");
        behind["key"] = json!(key);
        batch.extend([waits, behind]);
    }
    world.deliver(0, &batch).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![], 3));
    world.deliver(0, &[record(9, "z", "opened o1")]).await;
    let log = world.log().await;
    let at = |number| log.iter().position(|found| *found == number).unwrap();
    assert!(at(0) < at(1) && at(2) < at(3) && at(4) < at(5), "{log:?}");
    assert_eq!(world.blocked().await, 0);
}

#[tokio::test]
async fn headers_of_any_kind_are_kept_and_a_parked_event_in_binary_mode_is_read_again_from_them() {
    let world = World::new().await;
    let event = event(0, "moved o1");
    let mut record = raw(0, Some("a"), Some(event["data"].to_string().as_bytes()));
    let bytes = |text: &str| text.bytes().map(u32::from).collect::<Vec<_>>();
    let attribute = |name: &str| json!({format!("ce_{name}"): bytes(event[name].as_str().unwrap())});
    record["headers"] = json!([
        {"": [1, 2]}, {"": []}, attribute("specversion"), attribute("id"), attribute("source"), attribute("type"),
        {"content-type": bytes("application/json")}, {"h\u{0}": [-1]}, {"h": null},
    ]);
    world.deliver(0, &[record.clone()]).await;
    assert_eq!(world.parked().await, [0]);
    world.deliver(0, &[crate::shop::record(1, "b", "opened o1")]).await;
    assert_eq!(world.log().await, [1, 0]);
    record["offset"] = json!(2);
    record["value"] = json!("cnViYmlzaA==");
    record["headers"][3] = json!({"ce_id": [0]});
    world.deliver(0, &[record]).await;
    assert_eq!(world.letters().await, [2]);
}

#[tokio::test]
async fn a_later_minor_version_with_a_field_nobody_knows_is_applied_beside_the_first() {
    let world = World::new().await;
    let mut later = event(1, "noted");
    later["dataschema"] = json!("urn:onceward:event:link.clicked:1.7");
    later["data"]["mood"] = json!({"of": ["the", "clicker"]});
    later["newattribute"] = json!("x");
    world.deliver(0, &[record(0, "a", "noted"), raw(1, Some("a"), Some(later.to_string().as_bytes()))]).await;
    assert_eq!(world.log().await, [0, 1]);
}
