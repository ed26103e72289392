use std::time::Duration;

use store::clicks::{self, Click};
use testkit::{TestDatabase, click, eventually, rollups_equal_facts, uuid_at};
use uuid::Uuid;

use crate::{NOON, stored_clicks};

/// Waits until so many sessions of the database wait for a lock.
pub(crate) async fn waiting_for_locks(database: &TestDatabase, sessions: i64) {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    eventually("sessions that wait for a lock", Duration::from_secs(10), async || {
        let now: i64 = sqlx::query_scalar(waiting).fetch_one(&database.pool).await.unwrap();
        (now >= sessions).then_some(())
    })
    .await;
}

async fn insert(database: &TestDatabase, batch: &[Click]) -> Result<u64, store::Error> {
    let mut transaction = database.pool.begin().await?;
    let inserted = clicks::insert(&mut transaction, batch).await?;
    transaction.commit().await?;
    Ok(crate::count(&inserted))
}

fn batch(length: i64) -> Vec<Click> {
    let link = uuid_at(NOON);
    (0..length).map(|second| click(link, NOON + time::Duration::seconds(second))).collect()
}

/// A third session holds the click in the middle: without one order of rows, each of the two would then have what the other
/// waits for.
#[tokio::test]
async fn batches_with_the_same_clicks_in_opposite_orders_do_not_deadlock() {
    let database = TestDatabase::new().await;
    let forward = batch(11);
    let backward: Vec<Click> = forward.iter().rev().cloned().collect();
    let mut held = database.pool.begin().await.unwrap();
    clicks::insert(&mut held, &forward[5..6]).await.unwrap();
    let release = async {
        waiting_for_locks(&database, 2).await;
        held.rollback().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(insert(&database, &forward), insert(&database, &backward), release);
    assert_eq!(one.unwrap() + other.unwrap(), 11);
    assert_eq!(stored_clicks(&database.pool).await, 11);
    rollups_equal_facts(&database.pool).await;
}

/// Different clicks of the same links and hours, folded while they come: each batch is in the rollups or waits, never both.
#[tokio::test]
async fn batches_of_the_same_links_and_folds_of_them_at_once_count_each_click_once() {
    let database = TestDatabase::new().await;
    let links: Vec<Uuid> = (0..20).map(|_| uuid_at(NOON)).collect();
    for _ in 0..20 {
        let forward: Vec<Click> = links.iter().map(|link| click(*link, NOON)).collect();
        let backward: Vec<Click> = links.iter().rev().map(|link| click(*link, NOON)).collect();
        let (one, other, first, second, ()) = tokio::join!(
            insert(&database, &forward),
            insert(&database, &backward),
            fold(&database),
            fold(&database),
            rollups_equal_facts(&database.pool)
        );
        assert_eq!(one.unwrap() + other.unwrap(), 40);
        first.and(second).unwrap();
    }
    rollups_equal_facts(&database.pool).await;
    fold(&database).await.unwrap();
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from link_click_deltas").fetch_one(&database.pool).await.unwrap();
    assert_eq!(waiting, 0);
    rollups_equal_facts(&database.pool).await;
}

async fn fold(database: &TestDatabase) -> Result<u64, store::Error> {
    clicks::fold(&mut *database.pool.acquire().await?).await
}

/// Another has the lock: nothing is waited for, and nothing is folded twice.
#[tokio::test]
async fn of_two_folds_at_once_the_second_does_nothing() {
    let database = TestDatabase::new().await;
    insert(&database, &batch(3)).await.unwrap();
    let mut first = database.pool.begin().await.unwrap();
    assert_eq!(clicks::fold(&mut first).await.unwrap(), 1);
    assert_eq!(fold(&database).await.unwrap(), 0);
    rollups_equal_facts(&database.pool).await;
    first.commit().await.unwrap();
    assert_eq!(fold(&database).await.unwrap(), 0);
    rollups_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn batches_that_overlap_at_the_same_time_count_each_click_once() {
    let database = TestDatabase::new().await;
    let clicks = batch(3000);
    let (one, other) = tokio::join!(insert(&database, &clicks[..2000]), insert(&database, &clicks[1000..]));
    assert_eq!(one.unwrap() + other.unwrap(), 3000);
    assert_eq!(stored_clicks(&database.pool).await, 3000);
    rollups_equal_facts(&database.pool).await;
}
