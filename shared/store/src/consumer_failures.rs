//! `consumer_failures`: batches that failed, by the partitions that they had records of.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::dead_letters::storable;

/// Why a batch failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Too much of it would have become dead letters.
    Breaker,
    /// Looking for the records that the database refuses took too long.
    Culprits,
    /// What was wrong with the database did not pass in time.
    Database,
    /// A mistake of ours, which no other attempt repairs.
    Mistake,
}

impl Reason {
    /// How it stands in the table and in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaker => "breaker",
            Self::Culprits => "culprits",
            Self::Database => "database",
            Self::Mistake => "mistake",
        }
    }
}

/// A batch that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The consumer.
    pub consumer: &'a str,
    /// Why.
    pub reason: Reason,
    /// What is said of it, of any length.
    pub message: &'a str,
    /// When.
    pub failed_at: OffsetDateTime,
    /// Where it began, in each of its partitions.
    pub beginnings: &'a [Beginning],
}

/// The first record of a batch in one of its partitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beginning {
    /// The topic.
    pub topic: String,
    /// The partition, which a batch has once.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// Counts the failure at each partition, and keeps what is said of it in place of what was said of the one before.
pub async fn record(connection: &mut PgConnection, failure: &Failure<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into consumer_failures as known (
             consumer, topic, partition, reason, first_offset, failed_at, message, failures
         )
         select $1, topic, partition, $2, first_offset, $3, $4, 1
         from unnest($5::text[], $6::int[], $7::bigint[]) as beginning (topic, partition, first_offset)
         order by topic, partition
         on conflict on constraint consumer_failures_pkey do update
         set first_offset = excluded.first_offset, failed_at = excluded.failed_at, message = excluded.message,
             failures = known.failures + excluded.failures",
        failure.consumer,
        failure.reason.name(),
        failure.failed_at,
        storable(failure.message),
        &failure.beginnings.iter().map(|beginning| beginning.topic.as_str()).collect::<Vec<_>>() as &[&str],
        &failure.beginnings.iter().map(|beginning| beginning.partition).collect::<Vec<_>>(),
        &failure.beginnings.iter().map(|beginning| beginning.offset).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(drop)
}
