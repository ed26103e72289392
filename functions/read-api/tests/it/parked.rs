use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn what_waits_is_listed_longest_first_with_what_it_waits_for() {
    let world = World::new().await;
    world.park("u-1", 1, 60).await;
    world.park("u-2", 2, 120).await;
    world.park("u-1", 3, 30).await;
    let body = world.must_get("/api/parked?consumer=event-fanout").await;
    let items = body["items"].as_array().unwrap();
    let expected = json!({
        "id": items[0]["id"], "consumer": "event-fanout", "topic": "user.events", "partition": 0, "offset": 2,
        "key": {"text": "u-2"}, "eventId": "2", "awaits": {"kind": "user", "id": "u-2"},
        "parkedAt": "2026-11-21T11:58:00.123456Z", "nextTryAt": "2026-11-21T11:59:00.123456Z", "tries": 0,
        "deadLetterId": null, "inQueue": 1,
    });
    assert_eq!(items[0], expected);
    let rest: Vec<_> = items[1..].iter().map(|item| (&item["offset"], &item["inQueue"])).collect();
    assert_eq!(rest, [(&json!(1), &json!(2)), (&json!(3), &json!(2))]);
    assert_eq!(world.must_get("/api/parked?consumer=other").await, json!({"items": [], "next": null}));
}
