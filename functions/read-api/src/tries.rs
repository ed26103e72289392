//! What a request may ask of the database, in time and in tries.

use std::time::{Duration, Instant};

use api::Failure;
use rand::RngExt as _;
use store::{Fault, Postgres, Transaction};

use crate::ReadApi;

/// All transactions of a request together: the answer has to come before the function's limit of 10 s.
const LIMIT: Duration = Duration::from_secs(8);
/// Nothing is begun or tried again after this time: a lock is waited for up to 5 s.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a transaction is tried where something is in its way that passes.
const TRIES: u32 = 5;
/// Between two tries, in milliseconds: two that were in each other's way are not again.
const WAIT: std::ops::RangeInclusive<u64> = 20..=100;

/// The time of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

/// How often a transaction was tried in that time.
#[derive(Debug)]
pub(crate) struct Tries {
    deadline: Deadline,
    failed: u32,
}

impl Deadline {
    /// From now on.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Whether nothing further is to be begun.
    pub(crate) fn is_near(self) -> bool {
        self.0.elapsed() > PATIENCE
    }

    /// For a transaction.
    pub(crate) fn tries(self) -> Tries {
        Tries { deadline: self, failed: 0 }
    }

    fn left(self) -> Duration {
        LIMIT.saturating_sub(self.0.elapsed())
    }
}

impl Tries {
    /// Waits a little where the error may pass and another try is left; gives it back where not.
    pub(crate) async fn again(&mut self, error: Failure) -> Result<(), Failure> {
        self.failed += 1;
        let passes = matches!(&error, Failure::Database(error) if Fault::of(error) == Fault::Passing);
        if !passes || self.failed == TRIES || self.deadline.is_near() {
            return Err(error);
        }
        if let Failure::Database(error) = error {
            tracing::warn!(error.message = %error, tries = self.failed, "The database is tried again");
        }
        let wait = rand::rng().random_range(WAIT);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        Ok(())
    }
}

impl ReadApi {
    /// A transaction, on a connection that answers, which the server ends at the deadline.
    pub(crate) async fn begin(&self, deadline: Deadline) -> Result<Transaction<'static, Postgres>, store::Error> {
        let mut transaction = self.pool.begin().await?;
        store::limit_transaction(&mut transaction, deadline.left()).await?;
        Ok(transaction)
    }
}
