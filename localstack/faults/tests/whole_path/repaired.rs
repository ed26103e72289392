use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use testkit::{TestDatabase, eventually};
use time::OffsetDateTime;

use crate::path::{PATIENCE, Path};

async fn as_owner(database: &TestDatabase, statement: &str) {
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut owner).await.unwrap();
}

async fn letters(database: &TestDatabase) -> Vec<(String, String)> {
    sqlx::query_as("select error_class, state from dead_letters order by dead_letter_id")
        .fetch_all(&database.pool)
        .await
        .unwrap()
}

/// Sends all open dead letters on again, as `make dlq` does, and says how many.
async fn redrive_all(database: &TestDatabase) -> i64 {
    let mut transaction = database.pool.begin().await.unwrap();
    let now: OffsetDateTime = sqlx::query_scalar("select now()").fetch_one(&mut *transaction).await.unwrap();
    let open = store::dead_letters::find_open(&mut transaction, &store::dead_letters::Filter::default()).await.unwrap();
    let moved = store::dead_letters::redrive(&mut transaction, &open, now).await.unwrap();
    transaction.commit().await.unwrap();
    moved.iter().map(|tally| tally.letters).sum()
}

#[tokio::test]
async fn clicks_that_the_database_refuses_stop_no_others_and_count_once_when_the_cause_is_repaired() {
    let path = Path::start().await;
    let database = &path.database;
    for code in ["spring", "summer"] {
        path.make_link(code).await;
    }
    as_owner(database, "alter table clicks add constraint clicks_spoiled check (short_code <> 'spring')").await;
    let poller = path.poll();
    path.follow_times("spring", 2).await;
    path.follow_times("summer", 2).await;
    assert_eq!((path.counted("spring").await, path.counted("summer").await), (0, 2));
    let class = "refused-by-database".to_owned();
    assert_eq!(letters(database).await, vec![(class.clone(), "open".to_owned()); 2]);

    as_owner(database, "alter table clicks drop constraint clicks_spoiled").await;
    assert_eq!(redrive_all(database).await, 2);
    assert_eq!(redrive_all(database).await, 0);
    // No batch comes any more: the tick applies them.
    let ticker = path.tick();
    path.wait_for("spring", 2).await;
    let applied = vec![(class, "applied".to_owned()); 2];
    eventually("both are closed", PATIENCE, || async { (letters(database).await == applied).then_some(()) }).await;
    assert_eq!((path.counted("spring").await, path.counted("summer").await), (2, 2));
    let left: i64 =
        sqlx::query_scalar("select (select count(*) from parked_events) + (select count(*) from blocked_keys)")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    assert_eq!(left, 0);
    ticker.stop().await;
    poller.stop().await;
}
