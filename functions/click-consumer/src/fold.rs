use std::time::{Duration, Instant};

use store::{Connection as _, PgPool, clicks};

/// So many batches may wait to be folded into the rollups when another begins: whoever reads statistics reads them too.
const WAITING: i64 = 32;
/// Nothing is begun in the last seconds of an invocation: a fold takes some tenths of one.
const MARGIN: Duration = Duration::from_secs(5);

/// Folds what batches have left into the rollups: at a tick all of it, otherwise where much waits. What fails is logged alone: the
/// batch is counted, and whoever comes next tries again.
pub(crate) async fn fold(pool: &PgPool, is_tick: bool, end: Instant) {
    if let Err(error) = fold_all(pool, if is_tick { 1 } else { WAITING }, end).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "Counts of clicks could not be folded; they count all the same"
        );
    }
}

async fn fold_all(pool: &PgPool, waiting: i64, end: Instant) -> Result<(), store::Error> {
    let mut connection = pool.acquire().await?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left < MARGIN || !clicks::wait_to_be_folded(&mut connection, waiting).await? {
            return Ok(());
        }
        let mut transaction = connection.begin().await?;
        store::limit_transaction(&mut transaction, left).await?;
        let folded = clicks::fold(&mut transaction).await?;
        transaction.commit().await?;
        if folded == 0 {
            // Another environment is at it.
            return Ok(());
        }
    }
}
