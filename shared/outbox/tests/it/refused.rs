use std::time::Duration;

use kafka::OrderedPublisher;
use store::outbox::{discard, retry_now, stopped};
use testkit::{TestDatabase, TestTopic, bootstrap, eventually, sqlx};

use crate::support::{WITHIN, assert_whole, connect, count, first_appearances, numbered, publisher, write};

/// Drains until this many rows are left.
async fn drain_until(database: &TestDatabase, publisher: &OrderedPublisher, left: i64) {
    let drain = || async {
        outbox::drain_all(&database.pool, publisher, WITHIN).await.unwrap();
        (count(database, "outbox").await == left).then_some(())
    };
    eventually("only what is stopped is left", WITHIN, drain).await;
}

#[tokio::test]
async fn a_topic_that_is_missing_stops_its_keys_until_it_is_there() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let missing = testkit::unique_name();
    let mut connection = connect(&database).await;
    write(&mut connection, &missing, &numbered(2, 0..4)).await;
    write(&mut connection, &topic.name, &numbered(5, 0..4)).await;
    drain_until(&database, &publisher, 8).await;
    assert_whole(&topic, 5, 4);

    let kept = stopped(&mut connection, 10).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!((kept[0].topic.as_str(), kept[0].waiting, kept[0].attempts), (missing.as_str(), 4, 1));
    assert!(kept[0].error.contains("Unknown topic"), "{}", kept[0].error);
    assert!(kept[0].next_try_at > kept[0].failed_at);
    let nothing = outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
    assert_eq!(nothing.refused, 0, "it is not tried before its time");

    // Tried again it fails again, and waits for longer.
    for key in ["key-0", "key-1"] {
        assert!(retry_now(&mut connection, &missing, key).await.unwrap());
    }
    outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
    let again = stopped(&mut connection, 10).await.unwrap();
    assert_eq!(again[0].attempts, 2);
    assert_eq!((again[0].next_try_at - again[0].failed_at).whole_seconds(), 2);

    let repaired = TestTopic::named(missing, &bootstrap(), 1, &[]).await;
    drain_until(&database, &publisher, 0).await;
    assert_eq!(assert_whole(&repaired, 2, 4), 8);
    assert_eq!(count(&database, "outbox_failures").await, 0);
}

#[tokio::test]
async fn a_record_that_is_too_large_holds_up_its_key_alone_until_it_is_given_up() {
    let (database, topic) =
        (TestDatabase::new().await, TestTopic::with_config(&bootstrap(), 3, &[("max.message.bytes", "2000")]).await);
    let publisher = publisher(&bootstrap());
    let mut connection = connect(&database).await;
    write(&mut connection, &topic.name, &numbered(30, 0..5)).await;
    write(&mut connection, &topic.name, &[("key-7".to_owned(), "5".repeat(5000))]).await;
    write(&mut connection, &topic.name, &numbered(30, 6..10)).await;
    drain_until(&database, &publisher, 5).await;
    let (of_key, _) = first_appearances(topic.read_all());
    for (key, values) in of_key {
        let expected: &[&str] = match key.as_str() {
            "key-7" => &["0", "1", "2", "3", "4"],
            _ => &["0", "1", "2", "3", "4", "6", "7", "8", "9"],
        };
        assert_eq!(values, expected, "{key}");
    }

    let kept = stopped(&mut connection, 10).await.unwrap();
    assert_eq!((kept.len(), kept[0].key.as_str(), kept[0].waiting), (1, "key-7", 5));
    assert!(discard(&mut connection, kept[0].seq, "made by mistake").await.unwrap());
    assert!(!discard(&mut connection, kept[0].seq, "made by mistake").await.unwrap(), "it is gone");
    let letter: (String, String, String, i64, Vec<u8>, i32) = sqlx::query_as(
        "select consumer, state, reason, record_offset, key, length(value) from dead_letters where error like '%large%'",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    let expected = ("outbox", "discarded", "made by mistake", kept[0].seq, b"key-7".to_vec(), 5000);
    assert_eq!((letter.0.as_str(), letter.1.as_str(), letter.2.as_str(), letter.3, letter.4, letter.5), expected);

    drain_until(&database, &publisher, 0).await;
    let (of_key, _) = first_appearances(topic.read_all());
    assert_eq!(of_key["key-7"], ["0", "1", "2", "3", "4", "6", "7", "8", "9"]);
    assert_eq!(count(&database, "outbox_failures").await, 0);
}

#[tokio::test]
async fn a_broker_that_is_away_stops_no_key() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let nowhere = publisher(&format!("127.0.0.1:{}", stack::free_port()));
    write(&mut connect(&database).await, &topic.name, &numbered(5, 0..4)).await;
    let drained = outbox::drain_all(&database.pool, &nowhere, Duration::from_millis(500)).await.unwrap();
    assert!(drained.is_cut_short, "{drained:?}");
    assert_eq!((count(&database, "outbox").await, count(&database, "outbox_failures").await), (20, 0));
    drain_until(&database, &publisher(&bootstrap()), 0).await;
    assert_eq!(assert_whole(&topic, 5, 4), 20);
}
