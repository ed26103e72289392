use sqlx::PgPool;
use sqlx::types::JsonValue;
use store::idempotency_keys::{self, Claim, KEPT};
use testkit::TestDatabase;
use time::{Duration, OffsetDateTime};

use crate::NOON;

const SCOPE: &str = "POST /api/links";

async fn claim(pool: &PgPool, key: &str, request: &[u8], now: OffsetDateTime) -> Claim {
    let mut connection = pool.acquire().await.unwrap();
    idempotency_keys::claim(&mut connection, SCOPE, key, request, now).await.unwrap()
}

/// Claims the key as a new one and answers, in one transaction.
async fn answer(pool: &PgPool, key: &str, request: &[u8], now: OffsetDateTime, answer: &str) {
    let mut transaction = pool.begin().await.unwrap();
    let claimed = idempotency_keys::claim(&mut transaction, SCOPE, key, request, now).await.unwrap();
    assert_eq!(claimed, Claim::New);
    idempotency_keys::answer(&mut transaction, SCOPE, key, &JsonValue::from(answer)).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn the_same_request_again_gets_the_answer_of_the_first() {
    let database = TestDatabase::new().await;
    answer(&database.pool, "key", b"request", NOON, "first").await;
    assert_eq!(claim(&database.pool, "key", b"request", NOON).await, Claim::Answered(JsonValue::from("first")));
}

#[tokio::test]
async fn another_request_under_the_key_is_told_apart() {
    let database = TestDatabase::new().await;
    answer(&database.pool, "key", b"request", NOON, "first").await;
    assert_eq!(claim(&database.pool, "key", b"another", NOON).await, Claim::OtherRequest);
    assert_eq!(claim(&database.pool, "key", b"request", NOON).await, Claim::Answered(JsonValue::from("first")));
}

#[tokio::test]
async fn the_key_of_one_scope_says_nothing_in_another() {
    let database = TestDatabase::new().await;
    answer(&database.pool, "key", b"request", NOON, "first").await;
    let mut connection = database.pool.acquire().await.unwrap();
    let claimed = idempotency_keys::claim(&mut connection, "POST /api/other", "key", b"request", NOON).await.unwrap();
    assert_eq!(claimed, Claim::New);
}

#[tokio::test]
async fn a_key_is_free_again_when_its_time_is_over_and_not_before() {
    let database = TestDatabase::new().await;
    answer(&database.pool, "key", b"request", NOON, "first").await;
    let last = NOON + KEPT - Duration::milliseconds(1);
    assert_eq!(claim(&database.pool, "key", b"request", last).await, Claim::Answered(JsonValue::from("first")));
    answer(&database.pool, "key", b"another", NOON + KEPT, "second").await;
    let later = NOON + KEPT + KEPT - Duration::milliseconds(1);
    assert_eq!(claim(&database.pool, "key", b"another", later).await, Claim::Answered(JsonValue::from("second")));
}

#[tokio::test]
async fn a_request_that_failed_does_not_burn_its_key() {
    let database = TestDatabase::new().await;
    let mut transaction = database.pool.begin().await.unwrap();
    idempotency_keys::claim(&mut transaction, SCOPE, "key", b"request", NOON).await.unwrap();
    transaction.rollback().await.unwrap();
    answer(&database.pool, "key", b"another", NOON, "second").await;
}

#[tokio::test]
async fn of_two_at_once_the_second_waits_and_gets_the_answer() {
    let database = TestDatabase::new().await;
    let mut first = database.pool.begin().await.unwrap();
    assert_eq!(idempotency_keys::claim(&mut first, SCOPE, "key", b"request", NOON).await.unwrap(), Claim::New);
    let pool = database.pool.clone();
    let second = tokio::spawn(async move { claim(&pool, "key", b"request", NOON).await });
    crate::click_concurrency::waiting_for_locks(&database, 1).await;
    idempotency_keys::answer(&mut first, SCOPE, "key", &JsonValue::from("first")).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), Claim::Answered(JsonValue::from("first")));
}

#[tokio::test]
async fn an_answer_to_a_key_that_nobody_claimed_is_an_error() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    idempotency_keys::answer(&mut connection, SCOPE, "key", &JsonValue::from("lost")).await.unwrap_err();
}
