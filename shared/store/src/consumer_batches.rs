//! `consumer_batches`: what consumers did, one row a batch.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Upper bounds, in seconds, of the buckets in which the ages of applied events are counted; what is older has one more.
pub const AGE_BOUNDS: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0];

/// What a batch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerBatch<'a> {
    /// The consumer.
    pub consumer: &'a str,
    /// When it was processed.
    pub processed_at: OffsetDateTime,
    /// Records that it had.
    pub records: usize,
    /// How often its transaction was tried again.
    pub retries: u64,
    /// From the invocation until now.
    pub seconds: f64,
    /// From the beginning of the transaction until now.
    pub database_seconds: f64,
    /// Events by type and outcome.
    pub counts: Vec<(&'a str, &'a str, u64)>,
    /// Applied events by age, a count for each of [`AGE_BOUNDS`] and one for what is older.
    pub ages: [u64; AGE_BOUNDS.len() + 1],
    /// The sum of those ages.
    pub age_seconds: f64,
}

/// Writes it down.
pub async fn insert(connection: &mut PgConnection, batch: &ConsumerBatch<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into consumer_batches (
             consumer, processed_at, records, retries, seconds, database_seconds, types, outcomes, counts, ages, age_seconds
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        batch.consumer,
        batch.processed_at,
        i32::try_from(batch.records).unwrap_or(i32::MAX),
        i32::try_from(batch.retries).unwrap_or(i32::MAX),
        batch.seconds,
        batch.database_seconds,
        &batch.counts.iter().map(|(event_type, ..)| *event_type).collect::<Vec<_>>() as &[&str],
        &batch.counts.iter().map(|(_, outcome, _)| *outcome).collect::<Vec<_>>() as &[&str],
        &batch.counts.iter().map(|(.., count)| count.cast_signed()).collect::<Vec<_>>(),
        &batch.ages.map(u64::cast_signed),
        batch.age_seconds,
    )
    .execute(connection)
    .await
    .map(drop)
}
