use store::blocked_keys::{self, Queue};
use store::parked_events::{self, Entity, NewlyParked};
use testkit::TestDatabase;

use crate::support::{HOSTILE, NOW, json, keep, letter, must};

#[tokio::test]
async fn what_waits_is_listed_with_what_for_and_how_much_stands_behind() {
    let database = TestDatabase::new().await;
    assert_eq!(must(&database, &["parked", "list"]), "Nothing is parked.\n");
    let mut connection = database.pool.acquire().await.unwrap();
    let queue = Queue::of("order.events", 1, 5, Some(HOSTILE));
    blocked_keys::block(&mut connection, "order-consumer", std::slice::from_ref(&queue), NOW).await.unwrap();
    let (awaits, later) = (Entity::new("user", "u-\u{202e}17"), NOW + time::Duration::days(3650));
    let event = NewlyParked {
        queue,
        partition: 1,
        offset: 5,
        record_time: None,
        key: Some(HOSTILE),
        value: b"waits",
        headers: b"[]".to_vec(),
        event_source: "/orders",
        event_id: "5",
        awaits: Some(&awaits),
        next_try_at: Some(later),
    };
    let behind = NewlyParked { offset: 6, event_id: "6", awaits: None, next_try_at: None, ..event.clone() };
    parked_events::insert(&mut connection, "order-consumer", &[event, behind], NOW).await.unwrap();
    let ids = keep(&database, &[letter(Some(b"k"), 1)]).await;
    must(&database, &["dlq", "redrive", "--id", &ids[0]]);
    let listed = must(&database, &["parked", "list"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(
        listed.contains(r"user u-\xe2\x80\xae17") && listed.contains(&format!("dead letter {}", ids[0])),
        "{listed}"
    );
    let listed = json(&database, &["parked", "list", "--json", "--consumer", "order-consumer"]);
    let row = listed.as_array().unwrap().iter().find(|row| row["offset"] == 5).unwrap();
    assert_eq!((&row["awaitsKind"], &row["inQueue"]), (&"user".into(), &2.into()));
}
