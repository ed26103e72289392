use std::time::Duration;

use events::{Data, Event, LinkClicked, Text, Utm};
use outbox::WriteError;
use testkit::{TestDatabase, TestTopic, bootstrap};
use time::macros::datetime;

use crate::support::{WITHIN, assert_whole, connect, count, publisher, rows, write};

#[tokio::test]
async fn what_was_committed_is_in_kafka_in_the_order_of_its_key_and_gone_from_the_table() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    let publisher = publisher(&bootstrap());
    let shards = write(&mut connect(&database).await, &topic.name, &rows(50, 60)).await;
    let drained = outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
    assert_eq!((drained.published, drained.refused, drained.is_cut_short), (3000, 0, false));
    assert_eq!(assert_whole(&topic, 50, 60), 3000, "nothing twice where nothing failed");
    assert_eq!(count(&database, "outbox").await, 0);
    assert!(shards.len() > 8, "keys are spread: {shards:?}");
}

#[tokio::test]
async fn a_request_publishes_what_it_wrote_before_it_answers() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    let publisher = publisher(&bootstrap());
    for number in 0..5 {
        let row = [("key-0".to_owned(), number.to_string())];
        let shards = write(&mut connect(&database).await, &topic.name, &row).await;
        let drained = outbox::drain(&database.pool, &publisher, &shards, Duration::from_secs(5)).await;
        assert_eq!(drained.published, 1);
    }
    assert_eq!(assert_whole(&topic, 1, 5), 5);
}

#[tokio::test]
async fn an_event_arrives_as_it_was_written() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let event = click("abc");
    let shards = outbox::write(&mut connect(&database).await, &topic.name, std::slice::from_ref(&event)).await.unwrap();
    outbox::drain(&database.pool, &publisher(&bootstrap()), &shards, WITHIN).await;
    let read = topic.read_all();
    assert_eq!(read[0].key.as_deref(), Some(b"abc".as_slice()));
    assert_eq!(read[0].headers, [("content-type".to_owned(), b"application/cloudevents+json".to_vec())]);
    let value = read[0].value.as_ref().unwrap();
    assert_eq!(events::decode(events::Wire { value, headers: &read[0].headers }).unwrap(), event);
}

#[tokio::test]
async fn an_event_of_somebody_else_cannot_be_written() {
    let database = TestDatabase::new().await;
    let foreign = Event { id: events::EventId::new("no UUID").unwrap(), ..click("abc") };
    let error = outbox::write(&mut connect(&database).await, "t", &[foreign]).await.unwrap_err();
    assert!(matches!(error, WriteError::Id { .. }), "{error}");
    assert_eq!(count(&database, "outbox").await, 0);
}

fn click(code: &str) -> Event {
    let now = datetime!(2026-11-21 09:30 UTC);
    Event {
        id: events::uuid_v7_at(now).into(),
        source: Text::new("/test").unwrap(),
        time: now,
        subject: None,
        sequence: None,
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        data: Data::LinkClicked(LinkClicked {
            link_id: events::uuid_v7_at(now),
            short_code: code.parse().unwrap(),
            timestamp: now,
            user_agent: None,
            ip_address: None,
            referrer: None,
            accept_language: None,
            utm: Utm::default(),
            edge_country: None,
        }),
    }
}
