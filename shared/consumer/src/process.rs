use std::time::{Duration, Instant};

use store::blocked_keys::{self, Queue};
use store::{PgConnection, parked_events};
use time::OffsetDateTime;

use crate::engine::{Engine, Run};
use crate::item::{Batch, Item};
use crate::pass::Pass;
use crate::report::Report;
use crate::tally::{Outcomes, Tally};
use crate::transaction::retried;
use crate::{Consumer, Payload, ProcessError, log};

/// The transaction gives up a little before Lambda does, so that the invocation can still say why.
const ANSWER_TIME: Duration = Duration::from_millis(500);
/// The part of the time that a batch leaves to what was parked before.
const DRAIN_SHARE: u32 = 4;

impl Engine {
    /// Brings every record of a batch to a state, in one transaction, within `remaining`; before it, what is due of the parked
    /// events is tried. A payload without records is a tick, which tries all that is due. An error means that nothing of the
    /// batch has changed and that it is to be delivered again.
    pub async fn process<C: Consumer>(
        &self,
        consumer: &C,
        payload: Payload,
        remaining: Duration,
        now: OffsetDateTime,
    ) -> Result<Outcomes, ProcessError> {
        let invocation = Invocation { engine: self, consumer, now, started: Instant::now() };
        let end = invocation.started + remaining.saturating_sub(ANSWER_TIME);
        if payload.is_empty() {
            return invocation.tick(end).await;
        }
        let batch = Batch::read(consumer, payload);
        let read_in = invocation.started.elapsed();
        let until = Instant::now() + end.saturating_duration_since(Instant::now()) / DRAIN_SHARE;
        let before = invocation.drain(until, 0).await.unwrap_or_else(|error| {
            // Its keys stay blocked, and the tick says it again: no reason to hold up all others.
            tracing::error!(
                consumer = C::NAME,
                error = &error as &dyn std::error::Error,
                "Parked events could not be tried"
            );
            (Tally::default(), false)
        });
        let mut tally = retried::<C, _>(end, async |retries| invocation.commit(&batch, end, retries).await).await?;
        tally.absorb(&before.0);
        let records = batch.items.len() + batch.tombstones;
        Ok(Report { records, read_in: Some(read_in), took: invocation.started.elapsed() }.write::<C>(&tally, now))
    }
}

struct Invocation<'a, C: Consumer> {
    engine: &'a Engine,
    consumer: &'a C,
    now: OffsetDateTime,
    started: Instant,
}

impl<C: Consumer> Invocation<'_, C> {
    /// Tries all that is due, in as many transactions as it takes.
    async fn tick(&self, end: Instant) -> Result<Outcomes, ProcessError> {
        let mut tally = Tally::default();
        let mut looking = true;
        while looking && Instant::now() < end {
            let (drained, more) = retried::<C, _>(end, async |retries| self.drain(end, retries).await).await?;
            tally.absorb(&drained);
            looking = more;
        }
        if tally.is_empty() {
            return Ok(Outcomes::default());
        }
        Ok(Report { records: 0, read_in: None, took: self.started.elapsed() }.write::<C>(&tally, self.now))
    }

    fn run(&self, retries: u32) -> Run<'_, C> {
        Run {
            engine: self.engine,
            consumer: self.consumer,
            now: self.now,
            started: self.started,
            tally: Tally { retries: retries.into(), ..Tally::default() },
            lines: Vec::new(),
        }
    }

    /// One transaction for what is due. Says whether there was anything.
    async fn drain(&self, end: Instant, retries: u32) -> Result<(Tally, bool), ProcessError> {
        self.engine
            .in_transaction(end, async |connection| {
                let mut run = self.run(retries);
                let looked = run.drain_due(connection).await?;
                run.write_counts(connection, 0).await?;
                Ok((run, looked))
            })
            .await
            .map(|(run, looked)| (done(run), looked))
    }

    /// The transaction of a batch.
    async fn commit(&self, batch: &Batch<C::Row>, end: Instant, retries: u32) -> Result<Tally, ProcessError> {
        self.engine
            .in_transaction(end, async |connection| {
                let mut run = self.run(retries);
                run.batch(connection, batch).await?;
                run.tally.skipped(batch.tombstones);
                run.write_counts(connection, batch.items.len() + batch.tombstones).await?;
                Ok(run)
            })
            .await
            .map(done)
    }
}

fn done<C: Consumer>(run: Run<'_, C>) -> Tally {
    run.lines.iter().for_each(log::write);
    run.tally
}

impl<C: Consumer> Run<'_, C> {
    async fn batch(&mut self, connection: &mut PgConnection, batch: &Batch<C::Row>) -> Result<(), ProcessError> {
        let mut pass = self.pass(Some(self.engine.breaker), batch.items.len() + batch.tombstones);
        // First, because it waits for whoever has the same events in hand: what that parks is seen afterwards.
        let admitted = pass.admit(connection, &batch.items).await?;
        let held = blocked_keys::any(connection, C::NAME).await?;
        if held {
            hold(&mut pass, connection, &admitted).await?;
        }
        pass.run(connection, &admitted).await?;
        pass.settle(connection, &[], self.engine.retry).await?;
        let created = if held || !pass.held.is_empty() { std::mem::take(&mut pass.created) } else { Vec::new() };
        self.count(&pass);
        self.drain_awaiting(connection, created).await
    }
}

/// Locks those of the items' queues that are blocked, before anything is decided about them.
async fn hold<C: Consumer>(
    pass: &mut Pass<'_, C>,
    connection: &mut PgConnection,
    items: &[&Item<C::Row>],
) -> Result<(), ProcessError> {
    let queues: Vec<Queue> = items.iter().map(|item| item.queue()).collect();
    let blocked = blocked_keys::lock(connection, C::NAME, &queues).await?;
    if blocked.is_empty() {
        return Ok(());
    }
    for tried in parked_events::tried(connection, C::NAME, &blocked).await? {
        pass.held.entry(tried.queue).or_default().extend(tried.awaits);
    }
    for queue in blocked {
        pass.held.entry(queue).or_default();
    }
    Ok(())
}
