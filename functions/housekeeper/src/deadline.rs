use std::time::{Duration, Instant};

use store::{PgConnection, PgPool};

/// How long an invocation may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(5);
/// Nothing is begun in the last seconds: a part takes one or two.
const MARGIN: Duration = Duration::from_secs(15);
/// Rows that one transaction removes or folds: few enough that nobody waits for it.
const PART: i64 = 10_000;

/// Until when something new may be begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

/// How far some work came; not at all by default.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// Rows that were dealt with.
    pub(crate) rows: u64,
    /// Whether there is nothing left of it.
    pub(crate) finished: bool,
}

impl Deadline {
    pub(crate) fn after(remaining: Option<Duration>) -> Self {
        Self(Instant::now() + remaining.unwrap_or(DEFAULT_TIME_LIMIT).saturating_sub(MARGIN))
    }

    pub(crate) fn is_near(self) -> bool {
        Instant::now() >= self.0
    }

    /// What a transaction that begins now may take.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now()) + MARGIN / 2
    }

    /// Works part by part, each a transaction of its own, until nothing is left or the deadline is near.
    pub(crate) async fn work(
        self,
        pool: &PgPool,
        mut part: impl AsyncFnMut(&mut PgConnection, i64) -> Result<u64, store::Error>,
    ) -> Result<Progress, store::Error> {
        let mut rows = 0;
        while !self.is_near() {
            let done = part(&mut *pool.acquire().await?, PART).await?;
            rows += done;
            if done < PART.unsigned_abs() {
                return Ok(Progress { rows, finished: true });
            }
        }
        Ok(Progress { rows, finished: false })
    }
}
