use std::error::Error;
use std::time::Instant;

use metrics::Metric;
use store::consumer_failures::{self, Beginning, Failure};
use time::OffsetDateTime;
use tokio::time::timeout_at;

use crate::{Consumer, Engine, ProcessError};

impl Engine {
    /// Says in figures that a batch failed, and writes down why, where the database can be told in time. Where it cannot, that is all:
    /// what failed before is the error of the invocation.
    pub(crate) async fn record_failure<C: Consumer>(
        &self,
        error: &ProcessError,
        beginnings: &[Beginning],
        until: Instant,
        now: OffsetDateTime,
    ) {
        let (consumer, reason) = (C::NAME, error.reason());
        metrics::write(
            now,
            &[("consumer", consumer), ("reason", reason.name())],
            &[Metric::count("consumer_failures", 1)],
        );
        let failure = Failure { consumer, reason, message: &with_causes(error), failed_at: now, beginnings };
        match timeout_at(until.into(), self.write_failure(&failure)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(consumer, error = &error as &dyn Error, "Failure could not be written down");
            }
            Err(_) => tracing::debug!(consumer, "Failure could not be written down in time"),
        }
    }

    async fn write_failure(&self, failure: &Failure<'_>) -> Result<(), store::Error> {
        let mut connection = self.pool.acquire().await?;
        // It may be given up in the middle of the statement: the next batch has a connection of its own.
        connection.close_on_drop();
        consumer_failures::record(&mut connection, failure).await
    }
}

/// The error and what caused it, in one line.
fn with_causes(error: &ProcessError) -> String {
    let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (**error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
