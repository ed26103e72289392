use serde_json::{Value, json};
use store::outbox::{self, Failure, NewRow};
use testkit::sqlx::{self, Connection as _, PgConnection};
use testkit::{read_rows, uuid_at};

use crate::world::{NOW, World};

/// Events of these keys, in this order.
pub async fn write(world: &World, topic: &str, keys: &[&str]) {
    let row = |key| NewRow { id: uuid_at(NOW), topic, key, event_type: "vote.cast", payload: b"{}" };
    let rows: Vec<NewRow<'_>> = keys.iter().copied().map(row).collect();
    outbox::insert(&mut world.database.pool.acquire().await.unwrap(), &rows).await.unwrap();
}

#[tokio::test]
async fn what_waits_is_listed_in_the_order_of_its_places_with_why() {
    let world = World::new().await;
    assert_eq!(world.must_get("/api/outbox").await, json!({"items": [], "next": null}));
    write(&world, "discussion.events", &["t-1", "t-2", "t-1"]).await;
    write(&world, "system.audit", &["t-1"]).await;
    let failure = Failure { topic: "discussion.events", key: "t-1", seq: 1, error: "the record is too large" };
    outbox::record_failures(&mut world.database.pool.acquire().await.unwrap(), &[failure]).await.unwrap();

    let body = world.must_get("/api/outbox").await;
    let items = body["items"].as_array().unwrap();
    let refused = &items[0];
    let refusal = &refused["refusal"];
    let expected = json!({
        "seq": 1, "eventId": refused["eventId"], "type": "vote.cast", "topic": "discussion.events", "key": "t-1",
        "writtenAt": refused["writtenAt"], "why": "refused", "behind": null,
        "refusal": {
            "error": "the record is too large", "attempts": 1, "failedAt": refusal["failedAt"], "nextTryAt": refusal["nextTryAt"],
        },
    });
    assert_eq!(*refused, expected);
    for moment in [&refused["writtenAt"], &refusal["failedAt"], &refusal["nextTryAt"]] {
        assert!(moment.as_str().unwrap().ends_with('Z'), "{refused}");
    }
    let ids: Vec<String> =
        sqlx::query_scalar("select id::text from outbox order by seq").fetch_all(&world.database.pool).await.unwrap();
    assert_eq!(items.iter().map(|item| item["eventId"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    let why: Vec<[&Value; 3]> = items.iter().map(|item| [&item["seq"], &item["why"], &item["behind"]]).collect();
    let (unpublished, behind, none) = (json!("unpublished"), json!("behind"), Value::Null);
    assert_eq!(why[1], [&json!(2), &unpublished, &none], "of another key");
    assert_eq!(why[2], [&json!(3), &behind, &json!(1)]);
    assert_eq!(why[3], [&json!(4), &unpublished, &none], "the key is of another topic");
    assert!(items[1..].iter().all(|item| item["refusal"].is_null()), "{body}");

    let of_topic = world.must_get("/api/outbox?topic=system.audit").await;
    assert_eq!(of_topic["items"], json!([items[3]]));
}

/// A page must not cost more the more there is that waits.
#[tokio::test]
async fn a_page_is_read_in_the_order_of_an_index() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "insert into outbox (id, aggregatetype, aggregateid, type, payload)
         select gen_random_uuid(), 'system.audit', 'k-' || n, 'system.audit', '' from generate_series(1, 20000) as n;
         analyze outbox",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut connection = PgConnection::connect(&world.database.url()).await.unwrap();
    let before = read_rows(&mut connection, "outbox").await;
    // More often than PostgreSQL plans a statement for its values.
    for _ in 0..8 {
        for topic in [None, Some("system.audit")] {
            let page = outbox::waiting(&mut connection, topic, None, 20).await.unwrap();
            let after = Some(page[19].seq + 10_000);
            assert_eq!(outbox::waiting(&mut connection, topic, after, 20).await.unwrap().len(), 20);
        }
    }
    let read = read_rows(&mut connection, "outbox").await - before;
    // Each of 32 pages reads its rows.
    assert!((640..3000).contains(&read), "{read} rows were read");
}
