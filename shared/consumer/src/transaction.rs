use std::time::{Duration, Instant};

use store::{Connection, PgConnection};

use crate::{Consumer, Engine, ProcessError};

/// The first wait before a transaction is tried again, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Tries again while the error may pass and time is left; the attempt is told how often it was tried before.
pub(crate) async fn retried<C: Consumer, T>(
    end: Instant,
    mut attempt: impl AsyncFnMut(u32) -> Result<T, ProcessError>,
) -> Result<T, ProcessError> {
    let (mut retries, mut wait) = (0, FIRST_WAIT);
    loop {
        match attempt(retries).await {
            Err(error) if error.passes() && Instant::now() + wait < end => {
                tracing::warn!(consumer = C::NAME, retries, error = &error as &dyn std::error::Error, "Trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                retries += 1;
            }
            result => return result,
        }
    }
}

impl Engine {
    /// Does the work in one transaction that ends, one way or the other, at this time.
    pub(crate) async fn in_transaction<T>(
        &self,
        end: Instant,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, ProcessError>,
    ) -> Result<T, ProcessError> {
        let mut connection = self.pool.acquire().await?;
        let result = async {
            let mut transaction = connection.begin().await?;
            store::limit_transaction(&mut transaction, end.saturating_duration_since(Instant::now())).await?;
            let done = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(done)
        }
        .await;
        if result.as_ref().is_err_and(ProcessError::passes) {
            // A server that has become a standby, or a connection that is half dead, is not met again.
            connection.close_on_drop();
        }
        result
    }
}
