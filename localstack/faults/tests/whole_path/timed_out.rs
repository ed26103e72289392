use std::time::Duration;

use testkit::sqlx::{self, Connection as _, PgConnection};
use testkit::{TestDatabase, eventually};

use crate::path::{PATIENCE, Path, functions, processes_of};

/// Less than what the database gives a statement to wait for a lock.
const TIMEOUT: Duration = Duration::from_secs(3);
const TIMED_OUT: &str = "lambda_errors_total{function=\"click-consumer\",type=\"Sandbox.Timedout\"}";

async fn waits_for_a_lock(database: &TestDatabase) -> Option<()> {
    let waiting =
        "select true from pg_stat_activity where datname = current_database() and application_name = 'click-consumer'
                   and wait_event_type = 'Lock' and xact_start is not null limit 1";
    let found: Option<bool> = sqlx::query_scalar(waiting).fetch_optional(&database.pool).await.unwrap();
    found.map(drop)
}

async fn clicks(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from clicks").fetch_one(&database.pool).await.unwrap()
}

#[tokio::test]
async fn a_consumer_cut_off_in_the_middle_of_its_transaction_has_applied_nothing_and_applies_it_once_afterwards() {
    let mut functions = functions();
    let consumer = functions.iter_mut().find(|function| function.name == "click-consumer").unwrap();
    consumer.timeout = TIMEOUT;
    let path = Path::with(functions, TestDatabase::new().await, &testkit::bootstrap()).await;
    let database = &path.database;
    path.make_link("spring").await;
    path.follow_times("spring", 3).await;

    let mut holder = PgConnection::connect(&database.owner_url()).await.unwrap();
    let mut lock = holder.begin().await.unwrap();
    sqlx::query("lock table link_click_deltas in access exclusive mode").execute(&mut *lock).await.unwrap();
    let poller = path.poll();
    eventually("the clicks are in, and what they add to the totals waits", PATIENCE, || waits_for_a_lock(database))
        .await;
    // By itself it would give up in time: it has the deadline. So it hangs, as on a machine that does.
    let consumer = processes_of("click-consumer", database);
    testkit::freeze(*consumer.first().expect("the consumer runs")).await;
    let ask = || async { (path.figure(TIMED_OUT).await? >= 1.0).then_some(()) };
    eventually("the runtime kills the consumer", PATIENCE, ask).await;
    assert_eq!(clicks(database).await, 0);

    lock.rollback().await.unwrap();
    assert_eq!(path.counted("spring").await, 3);
    assert_eq!(clicks(database).await, 3);
    testkit::rollups_equal_facts(&database.pool).await;
    poller.stop().await;
}
