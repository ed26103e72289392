use std::time::{Duration, Instant};

use events::Event;
use serde::Serialize;
use store::{PgConnection, PgPool};

use crate::{Batch, Payload, Refusal, dead_letter};

/// What became of the records of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// They took effect.
    pub applied: u64,
    /// They had taken effect before.
    pub duplicates: u64,
    /// They are dead letters, now or since an earlier delivery.
    pub dead_lettered: u64,
    /// They had no value.
    pub skipped: u64,
}

/// The transaction gives up a little before Lambda does, so that the invocation can still say why.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// Brings every record of a batch to a state, in one transaction, which ends within `remaining`. `apply` says how many of what it
/// is given took effect; the others had done so before. An error means that nothing has changed and the batch is to be
/// delivered again.
pub async fn process<T>(
    pool: &PgPool,
    consumer: &'static str,
    payload: Payload,
    remaining: Duration,
    read: impl Fn(Event) -> Result<T, Refusal>,
    apply: impl AsyncFnOnce(&mut PgConnection, &[T]) -> Result<u64, store::Error>,
) -> Result<Outcomes, store::Error> {
    let started = Instant::now();
    let batch = Batch::read(payload, read);
    let read_in = started.elapsed();
    let end = started + remaining.saturating_sub(ANSWER_TIME);
    let outcomes = commit(pool, consumer, &batch, end, apply).await?;
    batch.refused.iter().for_each(dead_letter::log);
    tracing::info!(
        consumer,
        batch.records =
            batch.accepted.len() + batch.refused.len() + usize::try_from(batch.skipped).unwrap_or(usize::MAX),
        outcome.applied = outcomes.applied,
        outcome.duplicate = outcomes.duplicates,
        outcome.dead_lettered = outcomes.dead_lettered,
        outcome.skipped = outcomes.skipped,
        read_ms = read_in.as_secs_f64() * 1e3,
        duration_ms = started.elapsed().as_secs_f64() * 1e3,
        "Batch committed"
    );
    Ok(outcomes)
}

async fn commit<T>(
    pool: &PgPool,
    consumer: &str,
    batch: &Batch<T>,
    end: Instant,
    apply: impl AsyncFnOnce(&mut PgConnection, &[T]) -> Result<u64, store::Error>,
) -> Result<Outcomes, store::Error> {
    let mut transaction = pool.begin().await?;
    store::limit_transaction(&mut transaction, end.saturating_duration_since(Instant::now())).await?;
    let applied = if batch.accepted.is_empty() { 0 } else { apply(&mut transaction, &batch.accepted).await? };
    if !batch.refused.is_empty() {
        store::dead_letters::insert(&mut transaction, consumer, &batch.refused).await?;
    }
    transaction.commit().await?;
    Ok(Outcomes {
        applied,
        duplicates: (batch.accepted.len() as u64).saturating_sub(applied),
        dead_lettered: batch.refused.len() as u64,
        skipped: batch.skipped,
    })
}
