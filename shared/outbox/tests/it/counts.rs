use std::cell::Cell;

use outbox::Drained;
use store::PgConnection;
use store::outbox::{by_topic, retry_now};
use testkit::{TestDatabase, TestTopic, bootstrap, eventually};

use crate::support::{
    WITHIN, assert_whole, connect, count, hold_deletions, numbered, pool_of, published, publisher, relay, stuck, write,
};

/// What was published of a topic, and how often it was refused.
async fn totals(connection: &mut PgConnection, topic: &str) -> (i64, i64) {
    let figures = by_topic(connection).await.unwrap();
    figures.iter().find(|of| of.topic == topic).map_or((0, 0), |of| (of.published, of.failed))
}

#[tokio::test]
async fn what_is_published_and_what_is_refused_is_counted_by_topic_as_often_as_it_was() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(2).await);
    let (publisher, missing) = (publisher(&bootstrap()), testkit::unique_name());
    let mut connection = connect(&database).await;
    write(&mut connection, &topic.name, &numbered(5, 0..4)).await;
    write(&mut connection, &missing, &numbered(2, 0..3)).await;
    let refused = Cell::new(0);
    let drain = || async {
        let drained = outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
        refused.set(refused.get() + drained.refused.cast_signed());
        drained
    };

    drain().await;
    assert_eq!(totals(&mut connection, &topic.name).await, (20, 0));
    for _ in 0..2 {
        for key in ["key-0", "key-1"] {
            assert!(retry_now(&mut connection, &missing, key).await.unwrap());
        }
        drain().await;
    }
    assert!(refused.get() >= 6, "each of two keys was tried three times: {refused:?}");
    assert_eq!(totals(&mut connection, &missing).await, (0, refused.get()));

    let repaired = TestTopic::named(missing.clone(), &bootstrap(), 1, &[]).await;
    let is_empty = || async {
        drain().await;
        (count(&database, "outbox").await == 0).then_some(())
    };
    eventually("all is published", WITHIN, is_empty).await;
    assert_eq!(totals(&mut connection, &missing).await, (6, refused.get()));
    assert_eq!(totals(&mut connection, &topic.name).await, (20, 0), "it was not looked at again");
    assert_eq!(assert_whole(&repaired, 2, 3), 6);
    assert_eq!(drain().await, Drained::default());
}

/// Kafka has a chunk, and its rows are there still: this is where it hurts most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_is_killed_between_the_acknowledgement_and_its_commit_has_counted_nothing() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    let (keys, each) = (24, 50);
    write(&mut connect(&database).await, &topic.name, &numbered(keys, 0..each)).await;
    let mut holder = connect(&database).await;
    let lock = hold_deletions(&database, &mut holder).await;

    let victim = relay(pool_of(&database));
    stuck(&database, 1).await;
    let steady = relay(pool_of(&database));
    stuck(&database, 2).await;
    assert!(!topic.read_all().is_empty(), "Kafka has both");
    victim.abort();
    assert!(victim.await.unwrap_err().is_cancelled());
    lock.rollback().await.unwrap();

    let is_empty = || async { (count(&database, "outbox").await == 0).then_some(()) };
    eventually("all is published", WITHIN, is_empty).await;
    steady.abort();
    let records = assert_whole(&topic, keys, each);
    assert!(records > keys * each, "the victim's chunk was published again: {records}");
    assert_eq!(published(&database).await, i64::try_from(keys * each).unwrap(), "as many as left the outbox");
}
