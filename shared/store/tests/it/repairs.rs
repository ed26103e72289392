//! What the tests of redrive and discard begin with, and look at.

use sqlx::{AssertSqlSafe, PgPool};
use store::dead_letters::{self, DeadLetter, Filter, Tally};
use store::inbox::{self, Receipt, State};
use testkit::TestDatabase;

use crate::NOON;

pub const CONSUMER: &str = "order-consumer";
pub const TOPIC: &str = "order.events";

/// A letter of this key, at an offset that is also the id of its event.
pub fn letter(key: Option<&[u8]>, offset: i64) -> DeadLetter {
    DeadLetter {
        topic: TOPIC.to_owned(),
        partition: 1,
        offset,
        record_time: Some(NOON),
        key: key.map(<[u8]>::to_vec),
        value: Some(format!("value {offset}").into_bytes()),
        headers: br#"[["h","AA=="]]"#.to_vec(),
        event_source: Some("/orders".to_owned()),
        event_id: Some(offset.to_string()),
        error_class: "invalid-data",
        error: "quantity is not a number".to_owned(),
        attempts: 1,
    }
}

/// Keeps letters as the engine does: with their rows in the inbox.
pub async fn keep(database: &TestDatabase, letters: &[DeadLetter]) {
    let mut connection = database.pool.acquire().await.unwrap();
    let receipts: Vec<Receipt<'_>> = letters
        .iter()
        .filter_map(|letter| {
            let (source, event_id) = (letter.event_source.as_deref()?, letter.event_id.as_deref()?);
            Some(Receipt { source, event_id, topic: &letter.topic, partition: letter.partition, offset: letter.offset })
        })
        .collect();
    inbox::claim(&mut connection, CONSUMER, &receipts, State::DeadLettered, NOON).await.unwrap();
    dead_letters::insert(&mut connection, CONSUMER, letters).await.unwrap();
}

/// The numbers of all that are open, in the order of their places.
pub async fn all(database: &TestDatabase) -> Vec<i64> {
    dead_letters::find_open(&mut database.pool.acquire().await.unwrap(), &Filter::default()).await.unwrap()
}

/// Sends on whatever is open, in transactions of so many.
pub async fn redrive_all(pool: &PgPool, chunk: usize) -> i64 {
    let open = dead_letters::find_open(&mut pool.acquire().await.unwrap(), &Filter::default()).await.unwrap();
    let mut moved = 0;
    for ids in open.chunks(chunk) {
        moved += redrive(pool, ids).await;
    }
    moved
}

pub async fn redrive(pool: &PgPool, ids: &[i64]) -> i64 {
    let mut transaction = pool.begin().await.unwrap();
    let moved = dead_letters::redrive(&mut transaction, ids, NOON).await.unwrap();
    transaction.commit().await.unwrap();
    sum(&moved)
}

pub fn sum(tallies: &[Tally]) -> i64 {
    tallies.iter().map(|tally| tally.letters).sum()
}

/// Every row of the tables that a repair may touch.
pub async fn everything(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["dead_letters", "inbox", "parked_events", "blocked_keys"] {
        let all = format!("select '{table} ' || to_jsonb(t)::text from {table} as t order by 1");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(all)).fetch_all(pool).await.unwrap());
    }
    rows
}

/// What a statement that gives text finds.
pub async fn texts(pool: &PgPool, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(pool).await.unwrap()
}

/// Whether exactly those queues are blocked of which something is parked.
pub async fn nothing_is_blocked_in_vain(pool: &PgPool) {
    let wrong = texts(
        pool,
        "select concat_ws(' ', consumer, topic, queue) from blocked_keys
         full join (select distinct consumer, topic, queue, true as parked from parked_events) as p using (consumer, topic, queue)
         where p.parked is null or blocked_at is null",
    )
    .await;
    assert_eq!(wrong, Vec::<String>::new());
}
