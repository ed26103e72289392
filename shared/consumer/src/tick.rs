use std::time::Instant;

use store::blocked_keys::{self, Queue};
use store::parked_events;

use crate::drain::QUEUES;
use crate::process::{Invocation, done};
use crate::report::Report;
use crate::tally::{Outcomes, Tally};
use crate::transaction::retried;
use crate::{Consumer, ProcessError};

/// The part of the time that a batch leaves to what was parked before.
const DRAIN_SHARE: u32 = 4;

impl<C: Consumer> Invocation<'_, C> {
    /// Tries all that is due, in as many transactions as it takes.
    pub(crate) async fn tick(&self, end: Instant) -> Result<Outcomes, ProcessError> {
        let mut tally = Tally::default();
        let mut looking = true;
        while looking && Instant::now() < end {
            // Half of the time, so that there is some for finding out which of them it is that fails.
            let until = Instant::now() + end.saturating_duration_since(Instant::now()) / 2;
            let drained = match retried::<C, _>(until, async |retries| self.drain(until, retries).await).await {
                Err(error) if !error.passes() => self.drain_each(end, &error).await?,
                drained => drained?,
            };
            tally = tally.with(&drained.0);
            looking = drained.1;
        }
        if tally.is_empty() {
            return Ok(Outcomes::default());
        }
        Ok(Report { records: 0, read_in: None, took: self.started.elapsed() }.write::<C>(&tally, self.now))
    }

    /// What is due before a batch, within a part of its time.
    pub(crate) async fn drain_before(&self, end: Instant) -> Tally {
        let until = Instant::now() + end.saturating_duration_since(Instant::now()) / DRAIN_SHARE;
        let drained = self.drain(until, 0).await;
        // Its keys stay blocked, and the tick finds out which of them it is: no reason to hold up all others.
        drained.inspect_err(warn_of_parked::<C>).map(|(tally, _)| tally).unwrap_or_default()
    }

    /// One transaction for what is due. Says whether there was anything.
    async fn drain(&self, end: Instant, retries: u32) -> Result<(Tally, bool), ProcessError> {
        self.engine
            .in_transaction(end, async |connection| {
                let mut run = self.run(end, retries);
                let looked = run.drain_due(connection).await?;
                run.finish(connection, 0).await?;
                Ok((run, looked))
            })
            .await
            .map(|(run, looked)| (done(run), looked))
    }

    /// Tries what is due queue by queue, after it failed together: one that fails alone is left for later, and the others go on.
    async fn drain_each(&self, end: Instant, error: &ProcessError) -> Result<(Tally, bool), ProcessError> {
        warn_of_parked::<C>(error);
        let due = parked_events::due(&mut *self.engine.pool.acquire().await?, C::NAME, self.now, QUEUES).await?;
        let mut tally = Tally::default();
        for queue in &due {
            match self.drain_queue(end, queue).await {
                Ok(drained) => tally = tally.with(&drained),
                Err(error) if error.passes() => return Err(error),
                Err(error) => {
                    warn_of_parked::<C>(&error);
                    self.postpone(end, queue).await?;
                }
            }
        }
        Ok((tally, !due.is_empty()))
    }

    async fn drain_queue(&self, end: Instant, queue: &Queue) -> Result<Tally, ProcessError> {
        self.engine
            .in_transaction(end, async |connection| {
                let mut run = self.run(end, 0);
                run.drain_queues(connection, std::slice::from_ref(queue)).await?;
                run.finish(connection, 0).await?;
                Ok(run)
            })
            .await
            .map(done)
    }

    async fn postpone(&self, end: Instant, queue: &Queue) -> Result<(), ProcessError> {
        let then = self.now + self.engine.retry.longest;
        let key = String::from_utf8_lossy(&queue.queue);
        tracing::error!(
            consumer = C::NAME,
            kafka.topic = queue.topic,
            queue = &*key,
            "A key cannot be released; it waits on"
        );
        self.engine
            .in_transaction(end, async |connection| {
                blocked_keys::lock(connection, C::NAME, std::slice::from_ref(queue)).await?;
                Ok(parked_events::postpone_queue(connection, C::NAME, queue, then).await?)
            })
            .await
    }
}

pub(crate) fn warn_of_parked<C: Consumer>(error: &ProcessError) {
    tracing::error!(consumer = C::NAME, error = error as &dyn std::error::Error, "Parked events could not be tried");
}
