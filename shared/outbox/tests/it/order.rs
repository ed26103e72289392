use std::sync::Arc;
use std::time::Duration;

use store::Connection;
use testkit::{TestDatabase, TestTopic, bootstrap, eventually};

use crate::support::{
    WITHIN, assert_whole, connect, count, first_appearances, hold_deletions, neighbour, numbered, pool_of, published,
    publisher, relay, rows, stuck, write,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_and_requests_keep_the_order_of_keys_while_one_is_killed_again_and_again() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    let (keys, each) = (24, 1100);
    write(&mut connect(&database).await, &topic.name, &numbered(keys, 0..1000)).await;
    let steady = relay(pool_of(&database));
    let requests = {
        let (pool, publisher, name) = (pool_of(&database), Arc::new(publisher(&bootstrap())), topic.name.clone());
        let mut connection = connect(&database).await;
        tokio::spawn(async move {
            for number in 1000..each {
                let shards = write(&mut connection, &name, &numbered(keys, number..number + 1)).await;
                outbox::drain(&pool, &publisher, &shards, Duration::from_millis(200)).await;
            }
        })
    };
    for pause in [60, 75, 90, 105, 120, 135, 150, 165, 180, 195] {
        let victim = relay(pool_of(&database));
        // Somewhere in the middle of what it does; where exactly is chance.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        victim.abort();
        assert!(victim.await.unwrap_err().is_cancelled());
    }
    requests.await.unwrap();
    let is_empty = || async { (count(&database, "outbox").await == 0).then_some(()) };
    eventually("all is published", WITHIN, is_empty).await;
    steady.abort();
    assert_whole(&topic, keys, each);
    assert_eq!(published(&database).await, i64::try_from(keys * each).unwrap(), "as many as left the outbox");
}

#[tokio::test]
async fn a_transaction_that_commits_after_one_with_higher_places_is_published() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let row = |key: &str| [(key.to_owned(), "0".to_owned())];
    let mut slow = connect(&database).await;
    let mut transaction = slow.begin().await.unwrap();
    let shards = write(&mut transaction, &topic.name, &row("key-0")).await;
    // Of the same shard, so that it would be behind any place that was kept.
    let other = (1..).map(|number| format!("key-{number}"));
    let mut connection = connect(&database).await;
    for key in other.take(40) {
        write(&mut connection, &topic.name, &row(&key)).await;
    }
    assert_eq!(outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap().published, 40);
    transaction.commit().await.unwrap();
    let drained = outbox::drain(&database.pool, &publisher, &shards, WITHIN).await;
    assert_eq!(drained.published, 1);
    assert_eq!(assert_whole(&topic, 41, 1), 41);
}

#[tokio::test]
async fn what_commits_behind_the_place_of_a_running_drain_is_seen_by_its_last_look() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let mut slow = connect(&database).await;
    let mut transaction = slow.begin().await.unwrap();
    let shards = write(&mut transaction, &topic.name, &numbered(1, 0..1)).await;
    // Many rows of another key of that shard.
    let mut connection = connect(&database).await;
    let busy = neighbour(&mut connection, &topic.name, &shards).await;
    let behind: Vec<_> = (1..3000).map(|number| (busy.clone(), number.to_string())).collect();
    write(&mut connection, &topic.name, &behind).await;
    let all = 1 + count(&database, "outbox").await;
    let commit = async {
        let begun = || async { (count(&database, "outbox").await < all - 150).then_some(()) };
        eventually("some are published", WITHIN, begun).await;
        transaction.commit().await.unwrap();
    };
    let ((), drained) = tokio::join!(commit, outbox::drain(&database.pool, &publisher, &shards, WITHIN));
    assert!(drained.published > 3000, "{drained:?}");
    let of_shard: i64 = testkit::sqlx::query_scalar("select count(*) from outbox where shard = $1")
        .bind(shards[0])
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(of_shard, 0, "its own row, with the lowest place, came last");
}

/// A chunk was full, and its rows are about to go: what commits now has a lower place, and the next of its key a higher one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_event_of_a_key_is_not_taken_behind_a_full_chunk_ahead_of_the_first() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let mut holder = connect(&database).await;
    let lock = hold_deletions(&database, &mut holder).await;
    let (mut slow, mut connection) = (connect(&database).await, connect(&database).await);
    let mut transaction = slow.begin().await.unwrap();
    let shards = write(&mut transaction, &topic.name, &numbered(1, 0..1)).await;
    let busy = neighbour(&mut connection, &topic.name, &shards).await;
    let full: Vec<_> = (1..1000).map(|number| (busy.clone(), number.to_string())).collect();
    write(&mut connection, &topic.name, &full).await;

    let relay = relay(pool_of(&database));
    stuck(&database, 1).await;
    transaction.commit().await.unwrap();
    write(&mut slow, &topic.name, &numbered(1, 1..2)).await;
    lock.rollback().await.unwrap();

    let is_empty = || async { (count(&database, "outbox").await == 0).then_some(()) };
    eventually("all is published", WITHIN, is_empty).await;
    relay.abort();
    let (of_key, _) = first_appearances(topic.read_all());
    assert_eq!((&of_key["key-0"], of_key[&busy].len()), (&vec!["0".to_owned(), "1".to_owned()], 1000));
}

#[tokio::test]
async fn a_rollback_leaves_no_row() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let mut connection = connect(&database).await;
    let mut transaction = connection.begin().await.unwrap();
    write(&mut transaction, &topic.name, &rows(3, 3)).await;
    transaction.rollback().await.unwrap();
    let drained = outbox::drain_all(&database.pool, &publisher(&bootstrap()), WITHIN).await.unwrap();
    assert_eq!(drained.published, 0);
    assert_eq!(topic.read_all(), []);
}
