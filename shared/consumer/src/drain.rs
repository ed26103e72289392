use std::collections::HashSet;

use store::PgConnection;
use store::blocked_keys::{self, Queue};
use store::parked_events::{self, Entity, Tried};

use crate::engine::Run;
use crate::existing::existing;
use crate::item::Item;
use crate::pass::Pass;
use crate::{Consumer, ProcessError};

/// Queues that one drain looks at.
const QUEUES: i64 = 200;
/// Events that it takes of one queue, and in all.
const EVENTS_OF_QUEUE: i64 = 500;
const EVENTS: i64 = 2000;

/// What a drain did.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Whether there was anything to look at.
    pub(crate) looked: bool,
    /// Rows that were made, for which others may wait.
    pub(crate) created: Vec<Entity>,
}

impl<C: Consumer> Run<'_, C> {
    /// Tries what is due. Takes the first locks of its transaction.
    pub(crate) async fn drain_due(&mut self, connection: &mut PgConnection) -> Result<bool, ProcessError> {
        let due = parked_events::due(connection, C::NAME, self.now, QUEUES).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let locked = blocked_keys::lock(connection, C::NAME, &due).await?;
        let drained = self.release(connection, &locked).await?;
        self.drain_awaiting(connection, drained.created).await?;
        Ok(drained.looked)
    }

    /// Tries what waits for rows that this transaction has made, and what waits for what that makes. A queue that somebody else
    /// holds is left to the next drain.
    pub(crate) async fn drain_awaiting(
        &mut self,
        connection: &mut PgConnection,
        mut created: Vec<Entity>,
    ) -> Result<(), ProcessError> {
        while !created.is_empty() {
            let waiting = parked_events::awaiting(connection, C::NAME, &created).await?;
            if waiting.is_empty() {
                break;
            }
            let locked = blocked_keys::lock_free(connection, C::NAME, &waiting).await?;
            created = self.release(connection, &locked).await?.created;
        }
        Ok(())
    }

    /// Tries the queues, all locked, of which something can be tried now.
    async fn release(&mut self, connection: &mut PgConnection, queues: &[Queue]) -> Result<Drained, ProcessError> {
        let tried = parked_events::tried(connection, C::NAME, queues).await?;
        let ripe = self.ripe(connection, &tried).await?;
        let going: HashSet<&Queue> =
            tried.iter().filter(|tried| ripe.contains(&tried.parked_id)).map(|tried| &tried.queue).collect();
        self.postpone(connection, tried.iter().filter(|tried| !going.contains(&tried.queue))).await?;
        if going.is_empty() {
            return Ok(Drained { looked: !tried.is_empty(), created: Vec::new() });
        }
        let going: Vec<Queue> = going.into_iter().cloned().collect();
        let events = parked_events::load(connection, C::NAME, &going, EVENTS_OF_QUEUE, EVENTS).await?;
        let first: Vec<Item<C::Row>> = events.into_iter().map(|event| Item::of_parked(self.consumer, event)).collect();
        let loaded: HashSet<i64> = first.iter().filter_map(|item| item.parked).map(|parked| parked.id).collect();
        let far: Vec<i64> = ripe.into_iter().filter(|parked_id| !loaded.contains(parked_id)).collect();
        let mut pass = self.pass(None, 0);
        let admitted = pass.admit(connection, &first).await?;
        pass.run(connection, &admitted).await?;
        let rest = self.creators(connection, &pass, &tried, &far).await?;
        let admitted = pass.admit(connection, &rest).await?;
        pass.run(connection, &admitted).await?;
        pass.settle(connection, &going, self.engine.retry).await?;
        let created = std::mem::take(&mut pass.created);
        self.count(&pass);
        Ok(Drained { looked: true, created })
    }

    /// Those that wait for nothing, for a row that is there now, or for too long.
    async fn ripe(&self, connection: &mut PgConnection, tried: &[Tried]) -> Result<HashSet<i64>, ProcessError> {
        let awaited = tried.iter().filter_map(|tried| tried.awaits.as_ref());
        let existing = existing(self.consumer, connection, awaited).await?;
        let is_ripe = |tried: &Tried| {
            tried.awaits.as_ref().is_none_or(|entity| existing.contains(entity))
                || tried.parked_at <= self.parked_since()
        };
        Ok(tried.iter().filter(|tried| is_ripe(tried)).map(|tried| tried.parked_id).collect())
    }

    async fn postpone<'t>(
        &self,
        connection: &mut PgConnection,
        tried: impl Iterator<Item = &'t Tried>,
    ) -> Result<(), ProcessError> {
        let later: Vec<_> = tried
            .filter(|tried| tried.next_try_at <= self.now)
            .map(|tried| (tried.parked_id, self.engine.retry.after(self.now, tried.tries)))
            .collect();
        if !later.is_empty() {
            parked_events::postpone(connection, &later).await?;
        }
        Ok(())
    }

    /// Ripe events so far behind in their queue that they were not loaded. Where the queue is still held up, one of them may create
    /// what it waits for; where it is not, each has its turn.
    async fn creators(
        &self,
        connection: &mut PgConnection,
        pass: &Pass<'_, C>,
        tried: &[Tried],
        far: &[i64],
    ) -> Result<Vec<Item<C::Row>>, ProcessError> {
        let held = |parked_id: &i64| {
            tried.iter().any(|tried| tried.parked_id == *parked_id && pass.held.contains_key(&tried.queue))
        };
        let far: Vec<i64> = far.iter().copied().filter(held).collect();
        if far.is_empty() {
            return Ok(Vec::new());
        }
        let events = parked_events::load_some(connection, &far).await?;
        Ok(events.into_iter().map(|event| Item::of_parked(self.consumer, event)).collect())
    }
}
