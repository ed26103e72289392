use std::time::Duration;

use events::Event;
use outbox::WriteError;
use testkit::{TestDatabase, TestTopic, bootstrap, click_event};

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
    let event = click_event("abc");
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
    let foreign = Event { id: events::EventId::new("no UUID").unwrap(), ..click_event("abc") };
    let error = outbox::write(&mut connect(&database).await, "t", &[foreign]).await.unwrap_err();
    assert!(matches!(error, WriteError::Id { .. }), "{error}");
    assert_eq!(count(&database, "outbox").await, 0);
}
