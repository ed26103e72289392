//! `outbox`: events that are to be published, written in the transaction of the change that they tell of.

mod failures;
mod look;
mod waiting;

use std::time::Duration;

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

pub use failures::{Failure, Stopped, clear_failures, discard, record_failures, retry_now, stopped};
pub use look::{Backlog, TopicFigures, backlog, by_topic, due_shards};
pub use waiting::{Waiting, waiting};

/// How many shards there are; the table computes the shard of a key.
pub const SHARDS: i16 = 16;

/// Tells the advisory locks of the outbox from others ("outb").
const LOCK_CLASS: i32 = 0x6f75_7462;

/// An event that is to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRow<'a> {
    /// The event's id.
    pub id: Uuid,
    /// The topic.
    pub topic: &'a str,
    /// The record key.
    pub key: &'a str,
    /// The event's type.
    pub event_type: &'a str,
    /// The event as it is sent.
    pub payload: &'a [u8],
}

/// A row that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place: within a key the order of commits.
    pub seq: i64,
    /// The topic.
    pub topic: String,
    /// The record key.
    pub key: String,
    /// The event as it is sent.
    pub payload: Vec<u8>,
    /// Whether Kafka refused this key before.
    pub is_retry: bool,
}

/// Locks a key until the end of the transaction, for events of an aggregate that has no row to lock.
pub async fn lock_key(connection: &mut PgConnection, topic: &str, key: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"select pg_advisory_xact_lock(hashtextextended('outbox key ' || $1 || ' ' || $2, 0))::text as "locked""#,
        topic,
        key
    )
    .fetch_one(connection)
    .await
    .map(drop)
}

/// Writes events, in their order, and gives the shards that they are in. The caller holds the lock on the row of each key's
/// aggregate since before: only so is the order of places that of commits.
pub async fn insert(connection: &mut PgConnection, rows: &[NewRow<'_>]) -> sqlx::Result<Vec<i16>> {
    let mut shards = sqlx::query_scalar!(
        r#"insert into outbox (id, aggregatetype, aggregateid, type, payload)
           select id, topic, key, type, payload
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[])
               with ordinality as new (id, topic, key, type, payload, place)
           order by place
           returning shard as "shard!""#,
        &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.topic).collect::<Vec<_>>() as &[&str],
        &rows.iter().map(|row| row.key).collect::<Vec<_>>() as &[&str],
        &rows.iter().map(|row| row.event_type).collect::<Vec<_>>() as &[&str],
        &rows.iter().map(|row| row.payload).collect::<Vec<_>>() as &[&[u8]],
    )
    .fetch_all(connection)
    .await?;
    shards.sort_unstable();
    shards.dedup();
    Ok(shards)
}

/// Begins a transaction that drains: the server ends it after this time, as a dead environment must not hold its locks.
///
/// [`take`] walks along the index: statistics of a table that is empty at one moment and has a million rows at the next are wrong at
/// one of them, and a plan that sorts a shard would cost each chunk as much as the backlog is long.
pub async fn begin(pool: &PgPool, limit: Duration) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"select set_config('transaction_timeout', $1, true) as "limit!", set_config('enable_seqscan', 'off', true) as "a!",
               set_config('enable_bitmapscan', 'off', true) as "b!", set_config('enable_sort', 'off', true) as "c!",
               set_config('jit', 'off', true) as "d!""#,
        crate::connect::milliseconds(limit)
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(transaction)
}

/// Takes the lock of a shard until the transaction ends, where nobody has it.
pub async fn try_lock(connection: &mut PgConnection, shard: i16) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1, $2) as "taken!""#, LOCK_CLASS, i32::from(shard))
        .fetch_one(connection)
        .await
}

/// Takes the lock of a shard until the transaction ends. False where somebody else kept it for as long as this: then the
/// transaction has failed, and can only be rolled back.
pub async fn wait_for_lock(connection: &mut PgConnection, shard: i16, within: Duration) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        r#"select set_config('lock_timeout', $1, true) as "set!", pg_advisory_xact_lock($2, $3)::text as "taken!""#,
        crate::connect::milliseconds(within),
        LOCK_CLASS,
        i32::from(shard)
    )
    .fetch_one(connection)
    .await;
    match taken {
        Ok(_) => Ok(true),
        Err(error) if error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55P03")) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The first rows of a shard, in their order: those of keys that are not stopped, so many at most, and so many bytes together (one,
/// where the first has more). The caller holds the shard's lock, in a transaction of [`begin`]. Nobody goes on behind a place that was
/// seen in an earlier transaction: it proves nothing about lower ones.
pub async fn take(connection: &mut PgConnection, shard: i16, (rows, bytes): (i64, i64)) -> sqlx::Result<Vec<Row>> {
    sqlx::query_file_as!(Row, "queries/take_outbox_rows.sql", shard, rows, bytes).fetch_all(connection).await
}

/// Removes rows that Kafka has acknowledged, and counts them in `outbox_totals`. The caller holds the shard's lock, and with it that of
/// the counts.
pub async fn delete(connection: &mut PgConnection, seqs: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "with published as (delete from outbox where seq = any($1) returning aggregatetype, shard)
         insert into outbox_totals as total (topic, shard, published, failed)
         select aggregatetype, shard, count(*), 0 from published group by aggregatetype, shard
         on conflict on constraint outbox_totals_pkey do update set published = total.published + excluded.published",
        seqs
    )
    .execute(connection)
    .await
    .map(drop)
}
