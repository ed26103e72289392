//! What is kept of a batch that failed, and what must not come of keeping it.

use std::time::{Duration, Instant};

use consumer::{Engine, ProcessError};
use serde_json::{Value, json};
use settings::Environment;
use testkit::sqlx::{self, Connection, PgConnection};

use crate::shop::{NOW, Shop, World, payload, process, raw, record};

const ROWS: &str = "select concat_ws(' ', consumer, topic, partition, reason, first_offset, failures)
                    from consumer_failures order by partition, reason";
const SHORT: Duration = Duration::from_millis(1500);

async fn fail(engine: &Engine, shop: &Shop, remaining: Duration, batch: &[Value]) -> ProcessError {
    engine.process(shop, payload(batch), remaining, NOW).await.expect_err("the batch fails")
}

fn at(partition: i32, record: Value) -> Value {
    let mut record = record;
    record["partition"] = json!(partition);
    record
}

/// Five records, of which most are rubbish, of two partitions; the first of one has no value.
fn rubbish() -> Vec<Value> {
    let bad = |offset| raw(offset, Some("a"), Some(b"rubbish"));
    vec![at(0, bad(8)), at(0, bad(7)), at(1, raw(20, Some("a"), None)), at(1, bad(21)), at(1, record(22, "a", "noted"))]
}

#[tokio::test]
async fn a_batch_that_trips_the_breaker_is_counted_at_each_of_its_partitions_until_it_passes() {
    let world = World::new().await;
    let (engine, shop) = (world.engine_with(&[("BREAKER_MAX_COUNT", "2")]), Shop::default());
    for failures in 1..=2 {
        let error = fail(&engine, &shop, SHORT, &rubbish()).await;
        assert!(matches!(error, ProcessError::Breaker { .. }), "{error}");
        let expected = [format!("shop shop 0 breaker 7 {failures}"), format!("shop shop 1 breaker 20 {failures}")];
        assert_eq!(world.texts(ROWS).await, expected);
    }
    let message = &world.texts("select distinct message from consumer_failures").await[..];
    assert!(message.len() == 1 && message[0].contains("BREAKER_MAX_COUNT"), "{message:?}");
    assert_eq!(world.texts("select consumer from consumer_batches").await, [""; 0], "the batch changed nothing");
    process(&world.engine(), &shop, 1, &rubbish()).await.unwrap();
    assert_eq!(world.texts("select distinct failures::text from consumer_failures").await, ["2"]);
}

#[tokio::test]
async fn a_database_that_does_not_pass_in_time_is_named_with_what_it_said() {
    let world = World::new().await;
    let statement = "do $$ begin raise exception using errcode = '57014', message = 'told to stop'; end $$";
    let shop = Shop { first: Some(statement), ..Shop::default() };
    fail(&world.engine(), &shop, SHORT, &[record(3, "a", "noted")]).await;
    assert_eq!(world.texts(ROWS).await, ["shop shop 0 database 3 1"]);
    let message = world.texts("select message from consumer_failures").await.remove(0);
    assert!(message.starts_with("the batch was not applied: ") && message.contains("told to stop"), "{message}");
}

/// The server ends the transaction with its connection; what is left of the time is enough for another one.
#[tokio::test]
async fn a_batch_that_waits_for_a_lock_until_its_time_is_over_is_written_down_before_the_invocation_ends() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query("lock table shop_log").execute(&mut *transaction).await.unwrap();
    let started = Instant::now();
    fail(&world.engine(), &Shop::default(), SHORT, &[record(3, "a", "noted")]).await;
    assert!(started.elapsed() < SHORT, "{:?}", started.elapsed());
    transaction.rollback().await.unwrap();
    assert_eq!(world.texts(ROWS).await, ["shop shop 0 database 3 1"]);
}

#[tokio::test]
async fn a_mistake_of_ours_is_told_from_what_passes() {
    let world = World::new().await;
    let shop = Shop { first: Some("select no_such_function()"), ..Shop::default() };
    fail(&world.engine(), &shop, SHORT, &[record(3, "a", "noted")]).await;
    assert_eq!(world.texts(ROWS).await, ["shop shop 0 mistake 3 1"]);
}

/// Nobody could tell which row an effect belongs to, and all of them were applied.
#[tokio::test]
async fn a_consumer_that_does_not_say_once_of_each_row_what_became_of_it_applies_none() {
    let world = World::new().await;
    let engine = world.engine();
    for (told, expected) in [("noted forgotten", (3, 2)), ("noted doubled", (3, 4))] {
        let batch = [record(3, "a", "noted"), record(4, "a", told), record(5, "b", "noted")];
        let error = fail(&engine, &Shop::default(), SHORT, &batch).await;
        let ProcessError::Effects { rows, effects } = error else { panic!("{error}") };
        assert_eq!((rows, effects), expected);
        assert_eq!(world.log().await, [0; 0]);
        assert_eq!(world.texts("select state from inbox").await, [""; 0]);
    }
    assert_eq!(world.texts(ROWS).await, ["shop shop 0 mistake 3 2"]);
}

#[tokio::test]
async fn culprits_that_took_too_long_to_be_found_are_a_reason_of_their_own() {
    let world = World::new().await;
    let shop = Shop { first: Some("select pg_sleep(0.05)"), ..Shop::default() };
    let batch: Vec<Value> = (0..64).map(|offset| record(offset, "a", "noted bad")).collect();
    let error = fail(&world.engine(), &shop, SHORT, &batch).await;
    assert!(matches!(error, ProcessError::Culprits { .. }), "{error}");
    assert_eq!(world.texts(ROWS).await, ["shop shop 0 culprits 0 1"]);
}

#[tokio::test]
async fn a_failure_that_cannot_be_written_down_is_the_same_failure() {
    let world = World::new().await;
    world.as_owner("drop table consumer_failures").await;
    let engine = world.engine_with(&[("BREAKER_MAX_COUNT", "2")]);
    let error = fail(&engine, &Shop::default(), SHORT, &rubbish()).await;
    assert!(matches!(error, ProcessError::Breaker { .. }), "{error}");
    // Its connections are served again.
    process(&engine, &Shop::default(), 1, &[record(0, "a", "noted")]).await.unwrap();
}

#[tokio::test]
async fn a_failure_that_waits_to_be_written_down_does_not_keep_the_invocation_from_answering() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query("lock table consumer_failures").execute(&mut *transaction).await.unwrap();
    let engine = world.engine_with(&[("BREAKER_MAX_COUNT", "2")]);
    let started = Instant::now();
    let error = fail(&engine, &Shop::default(), SHORT, &rubbish()).await;
    assert!(started.elapsed() < SHORT, "{:?}", started.elapsed());
    assert!(matches!(error, ProcessError::Breaker { .. }), "{error}");
    // The next batch does not wait for that connection.
    process(&engine, &Shop::default(), 1, &[record(0, "a", "noted")]).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_away_fails_the_batch_with_its_own_error_and_in_time() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://onceward_app@{closed}/onceward");
    let settings = [("DATABASE_URL", url.as_str()), ("DATABASE_ACQUIRE_TIMEOUT_MS", "100")];
    let engine = Engine::start(&Environment::from_iter(settings)).unwrap();
    let started = Instant::now();
    let error = fail(&engine, &Shop::default(), SHORT, &[record(3, "a", "noted")]).await;
    assert!(started.elapsed() < SHORT, "{:?}", started.elapsed());
    assert!(matches!(error, ProcessError::Database(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)), "{error:?}");
}

#[tokio::test]
async fn the_time_of_the_transaction_is_a_part_of_the_batch_s() {
    let world = World::new().await;
    let shop = Shop { first: Some("select pg_sleep(0.2)"), ..Shop::default() };
    process(&world.engine(), &shop, 0, &[record(0, "a", "noted")]).await.unwrap();
    let wrong = "select concat_ws(' ', seconds, database_seconds) from consumer_batches
                 where not (database_seconds between 0.2 and seconds)";
    assert_eq!(world.texts(wrong).await, [""; 0]);
    assert_eq!(world.numbers("select count(*) from consumer_batches").await, [1]);
    assert_eq!(world.texts(ROWS).await, [""; 0], "nothing failed");
}
