use sqlx::PgPool;
use store::consumer_failures::{self, Beginning, Failure, Reason};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;
use crate::repairs::texts;

fn beginning(partition: i32, offset: i64) -> Beginning {
    Beginning { topic: "t".to_owned(), partition, offset }
}

async fn record(pool: &PgPool, minutes: i64, reason: Reason, message: &str, beginnings: &[Beginning]) {
    let failed_at = NOON + Duration::minutes(minutes);
    let failure = Failure { consumer: "c", reason, message, failed_at, beginnings };
    consumer_failures::record(&mut pool.acquire().await.unwrap(), &failure).await.unwrap();
}

const ROWS: &str = "select concat_ws(' ', topic, partition, reason, first_offset, message, failures,
        (extract(epoch from failed_at - '2026-11-15 12:34:56.789+00'::timestamptz) / 60)::int)
    from consumer_failures order by partition, reason";

#[tokio::test]
async fn failures_are_counted_by_partition_and_reason_and_the_last_one_is_told() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    record(pool, 0, Reason::Breaker, "one", &[beginning(0, 10), beginning(1, 20)]).await;
    record(pool, 1, Reason::Breaker, "two", &[beginning(1, 21)]).await;
    record(pool, 2, Reason::Database, "three", &[beginning(1, 22)]).await;
    assert_eq!(
        texts(pool, ROWS).await,
        ["t 0 breaker 10 one 1 0", "t 1 breaker 21 two 2 1", "t 1 database 22 three 1 2"]
    );
}

#[tokio::test]
async fn every_reason_is_one_that_the_table_takes() {
    let database = TestDatabase::new().await;
    for reason in [Reason::Breaker, Reason::Culprits, Reason::Database, Reason::Mistake] {
        record(&database.pool, 0, reason, "", &[beginning(0, 1)]).await;
    }
    let reasons = texts(&database.pool, "select reason from consumer_failures order by reason").await;
    assert_eq!(reasons, ["breaker", "culprits", "database", "mistake"]);
}

#[tokio::test]
async fn whatever_is_said_of_a_failure_it_is_written_down() {
    let database = TestDatabase::new().await;
    for message in ["a\0b".to_owned(), "\u{1f980}".repeat(10_000)] {
        record(&database.pool, 0, Reason::Mistake, &message, &[beginning(0, 1)]).await;
    }
    let length = texts(&database.pool, "select octet_length(message)::text from consumer_failures").await;
    assert_eq!(length, ["2000"]);
}

/// Two environments whose batches have the same partitions, in opposite orders.
#[tokio::test(flavor = "multi_thread")]
async fn failures_at_the_same_partitions_at_once_wait_for_each_other_and_all_count() {
    let database = TestDatabase::new().await;
    let ahead: Vec<Beginning> = (0..50).map(|partition| beginning(partition, 1)).collect();
    let back: Vec<Beginning> = ahead.iter().rev().cloned().collect();
    let many = async |beginnings: &[Beginning]| {
        for _ in 0..50 {
            record(&database.pool, 0, Reason::Database, "away", beginnings).await;
        }
    };
    tokio::join!(many(&ahead), many(&back));
    assert_eq!(texts(&database.pool, "select distinct failures::text from consumer_failures").await, ["100"]);
}
