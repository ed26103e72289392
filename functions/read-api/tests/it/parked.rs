use serde_json::json;
use store::parked_events;
use testkit::read_rows;
use testkit::sqlx::{self, Connection as _, PgConnection};

use crate::world::World;

#[tokio::test]
async fn what_waits_is_listed_in_the_order_of_parking_with_what_it_waits_for() {
    let world = World::new().await;
    world.park("u-2", 2, 120).await;
    world.park("u-1", 1, 60).await;
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

/// A page must not cost more the more there is that waits.
#[tokio::test]
async fn a_page_is_read_in_the_order_of_an_index() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "insert into blocked_keys (consumer, topic, queue, blocked_at)
         select 'event-fanout', 'user.events', int4send(n), now() from generate_series(1, 20000) as n;
         insert into parked_events (consumer, topic, queue, partition, record_offset, value, headers, parked_at, next_try_at, tries)
         select 'event-fanout', 'user.events', int4send(n), 0, n, '{}', '[]', now(), now(), 0 from generate_series(1, 20000) as n;
         analyze parked_events",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut connection = PgConnection::connect(&world.database.url()).await.unwrap();
    let before = read_rows(&mut connection, "parked_events").await;
    // More often than PostgreSQL plans a statement for its values.
    for _ in 0..8 {
        for consumer in [None, Some("event-fanout")] {
            let page = parked_events::waiting(&mut connection, consumer, None, 20).await.unwrap();
            let after = Some(page[19].parked_id + 10_000);
            assert_eq!(parked_events::waiting(&mut connection, consumer, after, 20).await.unwrap().len(), 20);
        }
    }
    let read = read_rows(&mut connection, "parked_events").await - before;
    // Each of 32 pages reads its rows and counts their queues.
    assert!((640..3000).contains(&read), "{read} rows were read");
}
