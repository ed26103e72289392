use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use super::consumers::consumers;
use super::{ConsumerFailure, Figures, Parked};
use crate::{dead_letters, housekeeping, limit_transaction, outbox};

/// A batch that is being folded is seen in one place, and a figure fits the others.
const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Reads all of them, in a transaction of its own that sees one moment and takes no longer than `limit`.
pub async fn read(connection: &mut PgConnection, limit: Duration) -> sqlx::Result<Figures> {
    let mut snapshot = connection.begin_with(SNAPSHOT).await?;
    limit_transaction(&mut snapshot, limit).await?;
    let audit = audit(&mut snapshot).await?;
    let figures = Figures {
        events: housekeeping::consumer_counts(&mut snapshot).await?,
        consumers: consumers(&mut snapshot).await?,
        failures: failures(&mut snapshot).await?,
        parked: parked(&mut snapshot).await?,
        dead_letters: dead_letters::counts(&mut snapshot).await?,
        outbox: outbox::by_topic(&mut snapshot).await?,
        audit_chains: audit.chains,
        audit_broken_chains: audit.broken_chains,
        audit_verified_at: audit.verified_at,
    };
    snapshot.commit().await?;
    Ok(figures)
}

async fn failures(connection: &mut PgConnection) -> sqlx::Result<Vec<ConsumerFailure>> {
    sqlx::query_as!(
        ConsumerFailure,
        "select consumer, topic, partition, reason, first_offset, failed_at, message, failures
         from consumer_failures
         order by consumer, topic, partition, reason"
    )
    .fetch_all(connection)
    .await
}

async fn parked(connection: &mut PgConnection) -> sqlx::Result<Vec<Parked>> {
    sqlx::query_as!(
        Parked,
        r#"select consumer, count(*) as "events!" from parked_events group by consumer order by consumer"#
    )
    .fetch_all(connection)
    .await
}

struct Audit {
    chains: i64,
    broken_chains: i64,
    verified_at: Option<OffsetDateTime>,
}

async fn audit(connection: &mut PgConnection) -> sqlx::Result<Audit> {
    sqlx::query_as!(
        Audit,
        // A time that no moment has was written by nobody who verifies.
        r#"select count(*) as "chains!", count(broken_seq) as "broken_chains!",
               max(verified_at) filter (where isfinite(verified_at) and verified_at < '10000-01-01 00:00+00') as verified_at
           from audit_verifications"#
    )
    .fetch_one(connection)
    .await
}
