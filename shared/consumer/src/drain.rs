use std::collections::HashSet;
use std::time::Instant;

use store::PgConnection;
use store::blocked_keys::{self, Queue};
use store::parked_events::{self, Entity, Tried};

use crate::engine::Run;
use crate::existing::existing;
use crate::item::Item;
use crate::pass::Pass;
use crate::{Consumer, ProcessError};

/// Queues that one drain looks at.
pub(crate) const QUEUES: i64 = 200;
/// Events that it takes of one queue, and in all.
pub(crate) const EVENTS_OF_QUEUE: i64 = 500;
const EVENTS: i64 = 2000;
/// Events far behind in a queue that may create what it waits for.
const CREATORS: usize = 20;

/// What a drain did.
#[derive(Debug)]
struct Drained {
    /// Whether there was anything to look at.
    looked: bool,
    /// Rows that were made, for which others may wait.
    created: Vec<Entity>,
}

impl<C: Consumer> Run<'_, C> {
    /// Tries what is due, and says whether there was anything. A queue that somebody else holds is theirs.
    pub(crate) async fn drain_due(&mut self, connection: &mut PgConnection) -> Result<bool, ProcessError> {
        let due = parked_events::due(connection, C::NAME, self.now, QUEUES).await?;
        self.drain_queues(connection, &due).await
    }

    /// Tries these queues.
    pub(crate) async fn drain_queues(
        &mut self,
        connection: &mut PgConnection,
        queues: &[Queue],
    ) -> Result<bool, ProcessError> {
        if queues.is_empty() {
            return Ok(false);
        }
        let locked = blocked_keys::lock_free(connection, C::NAME, queues).await?;
        let drained = self.release(connection, &locked).await?;
        self.drain_awaiting(connection, drained.created).await?;
        Ok(drained.looked)
    }

    /// Tries what waits for rows that this transaction has made, and what waits for what that makes. A queue that somebody else
    /// holds is left to the next drain, and so is what there is no time for.
    pub(crate) async fn drain_awaiting(
        &mut self,
        connection: &mut PgConnection,
        mut created: Vec<Entity>,
    ) -> Result<(), ProcessError> {
        while !created.is_empty() && Instant::now() < self.until {
            let waiting = parked_events::awaiting(connection, C::NAME, &created, QUEUES).await?;
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
        let tried = parked_events::tried(connection, C::NAME, queues, EVENTS_OF_QUEUE).await?;
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
        let far: Vec<&Tried> = tried
            .iter()
            .filter(|tried| ripe.contains(&tried.parked_id) && !loaded.contains(&tried.parked_id))
            .collect();
        let mut pass = self.pass(None, 0);
        let admitted = pass.admit(connection, &first).await?;
        pass.run(connection, &admitted).await?;
        let rest = self.creators(connection, &pass, &far).await?;
        let admitted = pass.admit(connection, &rest).await?;
        pass.run(connection, &admitted).await?;
        pass.settle(connection, &going, self.engine.retry).await?;
        let created = pass.created.drain().collect();
        self.count(&pass);
        Ok(Drained { looked: true, created })
    }

    /// Those that wait for nothing, for a row that is there now, or for too long.
    async fn ripe(&self, connection: &mut PgConnection, tried: &[Tried]) -> Result<HashSet<i64>, ProcessError> {
        let awaited = tried.iter().filter_map(|tried| tried.awaits.as_ref());
        let existing = existing(self.consumer, connection, awaited).await?;
        let is_ripe = |tried: &Tried| {
            tried.awaits.as_ref().is_none_or(|entity| existing.contains(entity))
                || self.engine.patience.is_over(tried.parked_at, tried.tries, self.now)
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

    /// Ripe events so far behind in their queue that they were not loaded. Where the queue is still held up, one that waits itself
    /// may create what the queue waits for, and the others stand behind it; where it is not, each has its turn.
    async fn creators(
        &self,
        connection: &mut PgConnection,
        pass: &Pass<'_, C>,
        far: &[&Tried],
    ) -> Result<Vec<Item<C::Row>>, ProcessError> {
        let held = far.iter().filter(|tried| pass.held.contains_key(&tried.queue));
        let (waiting, redriven): (Vec<&&Tried>, Vec<&&Tried>) = held.partition(|tried| tried.awaits.is_some());
        if !redriven.is_empty() {
            let redriven: Vec<i64> = redriven.iter().map(|tried| tried.parked_id).collect();
            parked_events::stand_behind(connection, &redriven).await?;
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let waiting: Vec<i64> = waiting.iter().take(CREATORS).map(|tried| tried.parked_id).collect();
        let events = parked_events::load_some(connection, &waiting).await?;
        Ok(events.into_iter().map(|event| Item::of_parked(self.consumer, event)).collect())
    }
}
