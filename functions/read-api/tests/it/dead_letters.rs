use serde_json::{Value, json};
use store::dead_letters::DeadLetter;
use testkit::sqlx;

use crate::world::{World, letter};

fn offsets(body: &Value) -> Vec<i64> {
    body["items"].as_array().unwrap().iter().map(|letter| letter["offset"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn each_filter_finds_its_letters_the_latest_first() {
    let world = World::new().await;
    let ids = world
        .letters(&[
            letter("u-1", 1),
            DeadLetter { topic: "system.audit".to_owned(), ..letter("u-1", 2) },
            DeadLetter { error_class: "malformed", ..letter("u 2/ä", 3) },
        ])
        .await;
    sqlx::query("update dead_letters set failed_at = timestamptz '2026-11-21 10:00+00' + make_interval(hours => record_offset::int)")
        .execute(&world.database.pool)
        .await
        .unwrap();
    world.post(&format!("/api/dead-letters/{}/discard", ids[1]), &json!({"reason": "a test"})).await;
    let by_id = [format!("?fromId={}", ids[1]), format!("?toId={}", ids[1]), format!("?fromId={0}&toId={0}", ids[1])];
    for (query, expected) in [
        ("", &[3, 2, 1][..]),
        ("?topic=user.events", &[3, 1]),
        ("?errorClass=malformed", &[3]),
        ("?state=open", &[3, 1]),
        ("?state=discarded", &[2]),
        ("?key=u%202%2F%C3%A4", &[3]),
        ("?eventId=event-1", &[1]),
        ("?consumer=event-fanout", &[3, 2, 1]),
        ("?consumer=other", &[]),
        ("?since=2026-11-21T12:00:00Z", &[3, 2]),
        ("?until=2026-11-21T12:00:00Z", &[1]),
        (&by_id[0], &[3, 2]),
        (&by_id[1], &[2, 1]),
        (&by_id[2], &[2]),
    ] {
        assert_eq!(offsets(&world.must_get(&format!("/api/dead-letters{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_letter_is_shown_whole_whatever_its_bytes() {
    let world = World::new().await;
    let ids = world
        .letters(&[
            letter("u-1", 1),
            DeadLetter {
                key: Some(b"\xff\0".to_vec()),
                value: Some(b"\x00\x80".to_vec()),
                headers: b"none".to_vec(),
                ..letter("", 2)
            },
            DeadLetter { key: None, value: None, ..letter("", 3) },
        ])
        .await;
    let shown = world.must_get(&format!("/api/dead-letters/{}", ids[0])).await;
    let expected = json!({
        "id": ids[0], "state": "open", "consumer": "event-fanout", "topic": "user.events", "partition": 1, "offset": 1,
        "recordTime": "2026-11-21T11:00:00.123456Z", "key": {"text": "u-1"}, "value": {"text": r#"{"userId":"u-1","offset":1}"#},
        "headers": [{"name": "traceparent", "value": {"text": "00-ab"}}, {"name": "", "value": {"base64": "/w=="}}],
        "eventSource": "/shop", "eventId": "event-1", "errorClass": "email-taken",
        "error": "another user, u-9, has the address", "attempts": 1, "failedAt": shown["failedAt"], "resolvedAt": null,
        "reason": null, "forwardedAt": null, "forwardError": null, "inboxState": "dead_lettered", "parkedId": null,
    });
    assert_eq!(shown, expected);
    let hostile = world.must_get(&format!("/api/dead-letters/{}", ids[1])).await;
    assert_eq!((&hostile["key"], &hostile["value"]), (&json!({"base64": "/wA="}), &json!({"base64": "AIA="})));
    assert_eq!(hostile["headers"], json!(null));
    let empty = world.must_get(&format!("/api/dead-letters/{}", ids[2])).await;
    assert_eq!((&empty["key"], &empty["value"]), (&json!(null), &json!(null)));
    let listed = world.must_get("/api/dead-letters").await;
    let bytes: Vec<_> = listed["items"].as_array().unwrap().iter().map(|letter| &letter["valueBytes"]).collect();
    assert_eq!(bytes, [&json!(null), &json!(2), &json!(27)]);
}

#[tokio::test]
async fn a_number_that_no_letter_has_is_not_found() {
    let world = World::new().await;
    for id in ["1", "0", "-1", "x", "1.0", "99999999999999999999", "%ff"] {
        world.get(&format!("/api/dead-letters/{id}")).await.problem(404, "not-found");
        let discarded = world.post(&format!("/api/dead-letters/{id}/discard"), &json!({"reason": "a test"})).await;
        discarded.problem(404, "not-found");
    }
}
