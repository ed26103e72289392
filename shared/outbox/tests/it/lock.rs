use std::time::{Duration, Instant};

use store::Connection;
use store::outbox::try_lock;
use testkit::{TestDatabase, TestTopic, bootstrap, eventually, sqlx};

use crate::support::{WITHIN, assert_whole, connect, count, numbered, publisher, rows, write};

#[tokio::test]
async fn a_request_waits_for_who_has_its_shard_and_goes_on_when_that_one_is_done() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let mut holder = connect(&database).await;
    let shards = write(&mut holder, &topic.name, &rows(1, 1)).await;
    let mut transaction = holder.begin().await.unwrap();
    assert!(try_lock(&mut transaction, shards[0]).await.unwrap());
    let release = async {
        let waits = || async {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_locks
                 where locktype = 'advisory' and not granted
                     and database = (select oid from pg_database where datname = current_database())",
            )
            .fetch_one(&database.pool)
            .await
            .unwrap();
            (waiting > 0).then_some(())
        };
        eventually("the request waits", WITHIN, waits).await;
        transaction.commit().await.unwrap();
    };
    let ((), drained) = tokio::join!(release, outbox::drain(&database.pool, &publisher, &shards, WITHIN));
    assert_eq!(drained.published, 1);
}

#[tokio::test]
async fn a_shard_that_a_frozen_process_holds_costs_a_request_its_budget_and_no_more() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let mut frozen = connect(&database).await;
    let shards = write(&mut frozen, &topic.name, &rows(1, 1)).await;
    let mut transaction = frozen.begin().await.unwrap();
    assert!(try_lock(&mut transaction, shards[0]).await.unwrap());
    for budget in [0, 50, 300].map(Duration::from_millis) {
        let started = Instant::now();
        let drained = outbox::drain(&database.pool, &publisher, &shards, budget).await;
        assert_eq!(drained.published, 0);
        assert!(started.elapsed() < budget + Duration::from_millis(300), "{budget:?}: {:?}", started.elapsed());
    }
    // The relay goes on with the other shards.
    write(&mut connect(&database).await, &topic.name, &rows(40, 1)[1..]).await;
    let drained = outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
    assert!((20..40).contains(&drained.published), "{drained:?}");
    drop(transaction);
    frozen.close().await.unwrap();
    let rest = outbox::drain_all(&database.pool, &publisher, WITHIN).await.unwrap();
    assert_eq!(drained.published + rest.published, 40);
    assert_eq!(assert_whole(&topic, 40, 1), 40);
}

#[tokio::test]
async fn whoever_drained_looks_again_for_those_who_did_not_wait() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let publisher = publisher(&bootstrap());
    let mut connection = connect(&database).await;
    let shards = write(&mut connection, &topic.name, &numbered(1, 0..3000)).await;
    let late = async {
        let begun = || async { (count(&database, "outbox").await < 2900).then_some(()) };
        eventually("some are published", WITHIN, begun).await;
        write(&mut connection, &topic.name, &numbered(1, 3000..3001)).await;
    };
    let ((), drained) = tokio::join!(late, outbox::drain(&database.pool, &publisher, &shards, WITHIN));
    assert_eq!(drained.published, 3001);
    assert_eq!(assert_whole(&topic, 1, 3001), 3001);
}
