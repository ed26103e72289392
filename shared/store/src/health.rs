//! What is asked often, and has to be answered at once: whether all goes on.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::figures::ConsumerFailure;

/// What the database knows of how things go.
#[derive(Debug, Clone)]
pub struct Health {
    /// When consumers did something last.
    pub last_batches: Vec<LastBatch>,
    /// Batches that failed of late.
    pub failing: Vec<ConsumerFailure>,
    /// Chains of the audit log that were verified.
    pub audit_chains: i64,
    /// Those of them that are broken.
    pub audit_broken_chains: i64,
    /// When any chain was verified last.
    pub audit_verified_at: Option<OffsetDateTime>,
}

/// When a consumer did something last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastBatch {
    /// The consumer.
    pub consumer: String,
    /// When its last batch was processed, or its last drain that did something.
    pub at: OffsetDateTime,
}

/// Reads it; of batches that failed, those that did after a moment.
pub async fn read(connection: &mut PgConnection, failed_after: OffsetDateTime) -> sqlx::Result<Health> {
    let last_batches = sqlx::query_as!(
        LastBatch,
        r#"select consumer as "consumer!", max(at) as "at!"
           from (
               select consumer, last_batch_at as at from consumer_batch_totals
               union all
               select consumer, max(processed_at) from consumer_batches group by consumer
           ) as known
           group by consumer order by consumer"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let failing = sqlx::query_as!(
        ConsumerFailure,
        "select consumer, topic, partition, reason, first_offset, failed_at, message, failures
         from consumer_failures where failed_at > $1",
        failed_after
    )
    .fetch_all(&mut *connection)
    .await?;
    let audit = sqlx::query!(
        r#"select count(*) as "chains!", count(broken_seq) as "broken!",
               max(verified_at) filter (where isfinite(verified_at)) as verified_at
           from audit_verifications"#
    )
    .fetch_one(connection)
    .await?;
    Ok(Health {
        last_batches,
        failing,
        audit_chains: audit.chains,
        audit_broken_chains: audit.broken,
        audit_verified_at: audit.verified_at,
    })
}
