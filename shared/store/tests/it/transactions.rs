use std::time::{Duration, Instant};

use settings::Environment;
use sqlx::PgPool;
use testkit::TestDatabase;

use crate::sqlstate;

/// One connection, as an environment has it.
fn pool(database: &TestDatabase) -> PgPool {
    store::pool(&Environment::from_iter([("DATABASE_URL", database.url())])).unwrap()
}

#[tokio::test]
async fn a_transaction_that_outlives_its_limit_is_ended_and_the_next_one_is_served() {
    let database = TestDatabase::new().await;
    let pool = pool(&database);
    let mut transaction = pool.begin().await.unwrap();
    store::limit_transaction(&mut transaction, Duration::from_millis(300)).await.unwrap();
    let started = Instant::now();
    let ended = sqlx::query("select pg_sleep(20)").execute(&mut *transaction).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(3), "ended only after {:?}", started.elapsed());
    assert_eq!(sqlstate(&ended), "25P04", "{ended}");
    drop(transaction);
    sqlx::query("select 1").execute(&pool).await.unwrap();
}

#[tokio::test]
async fn a_limit_ends_with_its_transaction() {
    let database = TestDatabase::new().await;
    let pool = pool(&database);
    let mut transaction = pool.begin().await.unwrap();
    store::limit_transaction(&mut transaction, Duration::from_millis(200)).await.unwrap();
    transaction.commit().await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("select pg_sleep(0.4)").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_limit_of_no_time_at_all_is_not_none() {
    let database = TestDatabase::new().await;
    let pool = pool(&database);
    let mut transaction = pool.begin().await.unwrap();
    let limited = store::limit_transaction(&mut transaction, Duration::ZERO).await;
    let slept = sqlx::query("select pg_sleep(20)").execute(&mut *transaction).await;
    limited.and(slept.map(drop)).unwrap_err();
}

#[tokio::test]
async fn every_connection_of_a_pool_gives_up_waiting_for_what_the_dead_hold() {
    let database = TestDatabase::new().await;
    let settings: Vec<String> = sqlx::query_scalar(
        "select name || '=' || setting || unit from pg_settings
         where name in ('lock_timeout', 'idle_in_transaction_session_timeout') order by name",
    )
    .fetch_all(&pool(&database))
    .await
    .unwrap();
    assert_eq!(settings, ["idle_in_transaction_session_timeout=10000ms", "lock_timeout=5000ms"]);
}
