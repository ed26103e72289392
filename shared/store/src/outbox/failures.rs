//! `outbox_failures`: keys that are stopped, because Kafka refuses the event that is first.

use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The record key.
    pub key: &'a str,
    /// The row that was refused.
    pub seq: i64,
    /// What Kafka said.
    pub error: &'a str,
}

/// A key that is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The topic.
    pub topic: String,
    /// The record key.
    pub key: String,
    /// The row that was refused.
    pub seq: i64,
    /// How many rows of the key wait, with that one.
    pub waiting: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// What Kafka said.
    pub error: String,
    /// When it was tried last.
    pub failed_at: OffsetDateTime,
    /// When it is tried next.
    pub next_try_at: OffsetDateTime,
}

/// Stops keys: for a second, and for twice as long each time that the same row is refused again, up to a minute. Counts the refusals in
/// `outbox_totals`: the caller holds the lock of the rows' shard.
pub async fn record_failures(connection: &mut PgConnection, failures: &[Failure<'_>]) -> sqlx::Result<()> {
    // In key order: of two transactions each would otherwise hold one that the other waits for.
    let mut failures: Vec<_> = failures.iter().collect();
    failures.sort_by_key(|failure| (failure.topic, failure.key));
    sqlx::query_file!(
        "queries/record_outbox_failures.sql",
        &failures.iter().map(|failure| failure.topic).collect::<Vec<_>>() as &[&str],
        &failures.iter().map(|failure| failure.key).collect::<Vec<_>>() as &[&str],
        &failures.iter().map(|failure| failure.seq).collect::<Vec<_>>(),
        &failures.iter().map(|failure| failure.error.replace('\0', "\u{fffd}")).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Lets keys (topic, key) go on, of which Kafka took the first event.
pub async fn clear_failures(connection: &mut PgConnection, keys: &[(&str, &str)]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from outbox_failures
         where (aggregatetype, aggregateid) in (select * from unnest($1::text[], $2::text[]))",
        &keys.iter().map(|(topic, _)| *topic).collect::<Vec<_>>() as &[&str],
        &keys.iter().map(|(_, key)| *key).collect::<Vec<_>>() as &[&str],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// The keys that are stopped, the longest first.
pub async fn stopped(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Stopped>> {
    sqlx::query_as!(
        Stopped,
        r#"select aggregatetype as topic, aggregateid as key, failure.seq, attempts, error, failed_at, next_try_at,
               (select count(*) from outbox
                where outbox.aggregatetype = failure.aggregatetype and outbox.aggregateid = failure.aggregateid) as "waiting!"
           from outbox_failures as failure order by failure.seq limit $1"#,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Has a stopped key (topic, key) tried at once. False where it is not stopped.
pub async fn retry_now(connection: &mut PgConnection, topic: &str, key: &str) -> sqlx::Result<bool> {
    let due = sqlx::query!(
        "update outbox_failures set next_try_at = clock_timestamp() where aggregatetype = $1 and aggregateid = $2",
        topic,
        key
    )
    .execute(connection)
    .await?;
    Ok(due.rows_affected() == 1)
}

/// Gives up a row: it becomes a discarded dead letter of the consumer `outbox` with this reason, and those behind it go on.
/// Waits for a relay that has the row in hand. False where there is no such row (any more).
pub async fn discard(connection: &mut PgConnection, seq: i64, reason: &str) -> sqlx::Result<bool> {
    let mut transaction = connection.begin().await?;
    let shard = sqlx::query_scalar!(r#"select shard as "shard!" from outbox where seq = $1"#, seq)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(shard) = shard else { return Ok(false) };
    sqlx::query!(r#"select pg_advisory_xact_lock($1, $2)::text as "taken!""#, super::LOCK_CLASS, i32::from(shard))
        .fetch_one(&mut *transaction)
        .await?;
    let moved = sqlx::query_file!("queries/discard_outbox_row.sql", seq, reason).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(moved.rows_affected() == 1)
}
