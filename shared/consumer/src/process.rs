use std::collections::HashSet;
use std::time::{Duration, Instant};

use store::blocked_keys::{self, Queue};
use store::{Connection, PgConnection, parked_events};
use time::OffsetDateTime;

use crate::drain::EVENTS_OF_QUEUE;
use crate::engine::{Engine, Run};
use crate::existing::existing;
use crate::item::{Batch, Item};
use crate::pass::Pass;
use crate::report::Report;
use crate::tally::{Outcomes, Tally};
use crate::tick::warn_of_parked;
use crate::transaction::retried;
use crate::{Consumer, Entity, Payload, ProcessError, log};

/// The transaction gives up a little before Lambda does, so that the invocation can still say why.
const ANSWER_TIME: Duration = Duration::from_millis(500);

impl Engine {
    /// Brings every record of a batch to a state, in one transaction, within `remaining`; before it, what is due of the parked
    /// events is tried. A payload without records is a tick, which tries all that is due. An error means that nothing of the
    /// batch has changed and that it is to be delivered again.
    #[tracing::instrument(name = "batch", skip_all, fields(consumer = C::NAME))]
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
            return Box::pin(invocation.tick(end)).await;
        }
        let beginnings = payload.beginnings();
        let batch = Batch::read(consumer, payload);
        let read_in = invocation.started.elapsed();
        // Boxed, as what is deep inside makes the future of the whole function a large and deep one.
        let before = Box::pin(invocation.drain_before(end)).await;
        let commit = async |retries| Box::pin(invocation.commit(&batch, end, retries)).await;
        let committed = retried::<C, _>(end, commit).await;
        let report = |records| Report { records, read_in: Some(read_in), took: invocation.started.elapsed() };
        match committed {
            Ok(tally) => {
                let records = batch.items.len() + batch.tombstones;
                Ok(report(records).write::<C>(&tally.with(&before), now))
            }
            Err(error) => {
                // What was drained is done all the same.
                if !before.is_empty() {
                    report(0).write::<C>(&before, now);
                }
                self.record_failure::<C>(&error, &beginnings, end + ANSWER_TIME / 2, now).await;
                Err(error)
            }
        }
    }
}

/// One call of the function.
pub(crate) struct Invocation<'a, C: Consumer> {
    pub(crate) engine: &'a Engine,
    consumer: &'a C,
    pub(crate) now: OffsetDateTime,
    pub(crate) started: Instant,
}

impl<C: Consumer> Invocation<'_, C> {
    pub(crate) fn run(&self, end: Instant, retries: u32) -> Run<'_, C> {
        Run {
            engine: self.engine,
            consumer: self.consumer,
            now: self.now,
            started: self.started,
            began: Instant::now(),
            until: Instant::now() + end.saturating_duration_since(Instant::now()) / 2,
            tally: Tally { retries: retries.into(), ..Tally::default() },
            lines: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// The transaction of a batch.
    async fn commit(&self, batch: &Batch<C::Row>, end: Instant, retries: u32) -> Result<Tally, ProcessError> {
        self.engine
            .in_transaction(end, async |connection| {
                let mut run = self.run(end, retries);
                run.batch(connection, batch).await?;
                run.tally.skipped(batch.tombstones);
                run.finish(connection, batch.items.len() + batch.tombstones).await?;
                Ok(run)
            })
            .await
            .map(done)
    }
}

/// What the transaction came to, once it has committed.
pub(crate) fn done<C: Consumer>(run: Run<'_, C>) -> Tally {
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
        let waits = held || !pass.held.is_empty();
        let created: Vec<Entity> = if waits { pass.created.drain().collect() } else { Vec::new() };
        self.count(&pass);
        if created.is_empty() {
            return Ok(());
        }
        self.drain_created(connection, created).await
    }

    /// What waits for the rows that the batch made follows with it. Where that fails, it is not the batch's matter: each has a time
    /// of its own, and the tick tells which it is.
    async fn drain_created(&mut self, connection: &mut PgConnection, created: Vec<Entity>) -> Result<(), ProcessError> {
        let (tally, lines, traces) = (self.tally.clone(), self.lines.len(), self.traces.len());
        let mut savepoint = connection.begin().await?;
        match self.drain_awaiting(&mut savepoint, created).await {
            Ok(()) => savepoint.commit().await?,
            Err(error) if error.passes() => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                self.tally = tally;
                self.lines.truncate(lines);
                self.traces.truncate(traces);
                warn_of_parked::<C>(&error);
            }
        }
        Ok(())
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
    let tried = parked_events::tried(connection, C::NAME, &blocked, EVENTS_OF_QUEUE).await?;
    let awaited = tried.iter().filter_map(|tried| tried.awaits.as_ref());
    let existing = existing(pass.consumer, connection, awaited).await?;
    let mut ripe = HashSet::new();
    for tried in tried {
        match tried.awaits.filter(|row| !existing.contains(row)) {
            Some(missing) if !ripe.contains(&tried.queue) => {
                pass.held.entry(tried.queue).or_default().push(missing);
            }
            Some(_) => {}
            // It goes when its queue is tried, and until then nobody passes it.
            None => {
                pass.held.insert(tried.queue.clone(), Vec::new());
                ripe.insert(tried.queue);
            }
        }
    }
    for queue in blocked {
        pass.held.entry(queue).or_default();
    }
    Ok(())
}
