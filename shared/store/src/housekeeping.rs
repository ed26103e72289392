//! What is removed, folded or made ahead by the clock. Every function does a bounded part in one short transaction, says how much,
//! and is called until there is nothing left; two at once leave each other's rows alone.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::erasure::CONSUMERS;
use crate::figures;

/// Last month, this one and three ahead.
const MONTHS: i32 = 5;
/// Each waits two seconds for the lock: longer than any batch may hold it.
const PARTITION_TRIES: u32 = 45;
/// `lock_not_available`
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Makes the partitions of `clicks` from last month to three ahead, and names those that were missing. A writer of clicks may hold the
/// default partition for as long as its batch takes: each try waits two seconds for it, so that nobody waits for long behind this.
pub async fn make_partitions(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    for _ in 1..PARTITION_TRIES {
        match crate::clicks::make_partitions(connection, MONTHS).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => {}
            made => return made,
        }
    }
    crate::clicks::make_partitions(connection, MONTHS).await
}

/// Removes rows of the inbox that are final and were received before. What is not settled stays, however old.
pub async fn remove_inbox_rows(connection: &mut PgConnection, before: OffsetDateTime, limit: i64) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from inbox where (consumer, event_source, event_id) in (
             select consumer, event_source, event_id from inbox
             where received_at < $1 and state in ('applied', 'stale', 'discarded')
             order by received_at limit $2 for update skip locked
         )",
        before,
        limit
    )
    .execute(connection)
    .await
    .map(|removed| removed.rows_affected())
}

/// Removes dead letters that took effect or were given up before.
pub async fn remove_dead_letters(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from dead_letters where dead_letter_id in (
             select dead_letter_id from dead_letters where resolved_at < $1 and state in ('applied', 'discarded')
             order by dead_letter_id limit $2 for update skip locked
         )",
        before,
        limit
    )
    .execute(connection)
    .await
    .map(|removed| removed.rows_affected())
}

/// Removes idempotency keys that expired before.
pub async fn remove_idempotency_keys(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from idempotency_keys where (scope, key) in (
             select scope, key from idempotency_keys where expires_at < $1
             order by expires_at limit $2 for update skip locked
         )",
        before,
        limit
    )
    .execute(connection)
    .await
    .map(|removed| removed.rows_affected())
}

/// Removes failures of consumers, where none of the same reason came since at that partition.
pub async fn remove_consumer_failures(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from consumer_failures where (consumer, topic, partition, reason) in (
             select consumer, topic, partition, reason from consumer_failures where failed_at < $1
             order by failed_at limit $2 for update skip locked
         )",
        before,
        limit
    )
    .execute(connection)
    .await
    .map(|removed| removed.rows_affected())
}

/// Somebody who was erased, and of whom a consumer has bytes left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Which user.
    pub user_id: String,
    /// The consumer of the dead letters.
    pub consumer: String,
    /// The topics of the dead letters.
    pub topics: Vec<String>,
}

/// Those erased of whom consumers have dead letters with bytes: what failed while the erasure was under way, or came again since.
pub async fn find_leftovers(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Leftover>> {
    let keyed = CONSUMERS.into_iter().filter(|(_, waiting)| waiting.is_keyed_by_person());
    sqlx::query_file_as!(
        Leftover,
        "queries/find_leftovers.sql",
        &CONSUMERS.map(|(consumer, _)| consumer) as &[&str],
        &keyed.map(|(consumer, _)| consumer).collect::<Vec<_>>() as &[&str],
        limit
    )
    .fetch_all(connection)
    .await
}

/// Adds batches that were processed before to the totals, removes them, and says how many they were: none while somebody else does it.
pub async fn fold_consumer_batches(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    let bounds = figures::falling_bounds();
    let folded = sqlx::query_file_scalar!("queries/fold_consumer_batches.sql", before, limit, &bounds)
        .fetch_one(connection)
        .await?;
    Ok(folded.unsigned_abs())
}

/// Events that a consumer has brought to an outcome, since the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerCount {
    /// The consumer.
    pub consumer: String,
    /// The type of the events; `unknown` where it could not be read.
    pub event_type: String,
    /// `applied`, `duplicate` and so on.
    pub outcome: String,
    /// So many.
    pub events: i64,
}

/// All that consumers have done: the totals, and the batches that are not folded yet.
pub async fn consumer_counts(connection: &mut PgConnection) -> sqlx::Result<Vec<ConsumerCount>> {
    sqlx::query_file_as!(ConsumerCount, "queries/count_consumed_events.sql").fetch_all(connection).await
}
