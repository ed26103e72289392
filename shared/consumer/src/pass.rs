use std::collections::{HashMap, HashSet};
use std::time::Instant;

use store::PgConnection;
use store::blocked_keys::Queue;
use store::parked_events::Entity;
use time::OffsetDateTime;

use crate::breaker::Breaker;
use crate::engine::Patience;
use crate::existing::existing;
use crate::fate::Fate;
use crate::item::Item;
use crate::{Consumer, ProcessError, rounds};

/// Records on their way through a transaction: each gets its fate.
pub(crate) struct Pass<'a, C: Consumer> {
    pub(crate) consumer: &'a C,
    pub(crate) now: OffsetDateTime,
    pub(crate) patience: Patience,
    /// Until when culprits are looked for.
    pub(crate) until: Instant,
    /// None where what fails has been seen before.
    pub(crate) breaker: Option<Breaker>,
    /// Records of the batch.
    pub(crate) records: usize,
    /// Of those, what the database refuses.
    pub(crate) culprits: usize,
    /// Queues that are held up, with what is awaited in them.
    pub(crate) held: HashMap<Queue, Vec<Entity>>,
    pub(crate) fates: Vec<(&'a Item<C::Row>, Fate)>,
    /// Rows that were made.
    pub(crate) created: Vec<Entity>,
}

impl<'a, C: Consumer> Pass<'a, C> {
    /// Applies items, in as few rounds as keep every key's order.
    pub(crate) async fn run(
        &mut self,
        connection: &mut PgConnection,
        items: &[&'a Item<C::Row>],
    ) -> Result<(), ProcessError> {
        for round in rounds::cut(items, C::TYPES.len()) {
            for (place, group) in round.into_iter().enumerate() {
                self.group(connection, place, group).await?;
            }
        }
        Ok(())
    }

    /// Applies items of one type, and parks those that have to wait.
    async fn group(
        &mut self,
        connection: &mut PgConnection,
        place: usize,
        group: Vec<&'a Item<C::Row>>,
    ) -> Result<(), ProcessError> {
        if self.held.is_empty() && group.iter().all(|item| needs(item).is_empty()) {
            return self.apply(connection, place, group).await;
        }
        let needed = group.iter().flat_map(|item| needs(item));
        let existing = existing(self.consumer, connection, needed).await?;
        let mut ready = Vec::with_capacity(group.len());
        // Queues of those that a foreign key may still stop, or that make what is awaited.
        let mut unsure: HashSet<Queue> = HashSet::new();
        for item in group {
            let missing = needs(item).iter().find(|entity| !existing.contains(entity));
            let queue = item.queue();
            let is_held = self.held.contains_key(&queue);
            let is_last_try = missing.is_some() && self.is_over(item);
            if is_last_try || (missing.is_some() || is_held) && unsure.contains(&queue) {
                // What holds it up depends on what becomes of the one of its key before it, and its row may just be made.
                self.apply(connection, place, std::mem::take(&mut ready)).await?;
                unsure.clear();
            }
            if self.is_behind(item) {
                self.fates.push((item, Fate::Parked(None)));
            } else if let Some(missing) = missing {
                self.wait(item, missing);
            } else {
                unsure.extend((is_held || !needs(item).is_empty()).then_some(queue));
                ready.push(item);
            }
        }
        self.apply(connection, place, ready).await
    }

    /// Whether something of its queue waits for anything but what it creates.
    pub(crate) fn is_behind(&self, item: &Item<C::Row>) -> bool {
        if self.held.is_empty() {
            return false;
        }
        let creates = item.reading.as_ref().ok().and_then(|reading| reading.creates.as_ref());
        self.held.get(&item.queue()).is_some_and(|awaited| !creates.is_some_and(|row| awaited.contains(row)))
    }

    fn is_over(&self, item: &Item<C::Row>) -> bool {
        item.parked.is_some_and(|parked| self.patience.is_over(parked.since, parked.tries, self.now))
    }

    /// Parks an item that misses a row, and holds its queue up; or gives up, where it has waited too long.
    pub(crate) fn wait(&mut self, item: &'a Item<C::Row>, missing: &Entity) {
        if self.is_over(item) && !self.created.contains(missing) {
            let waited = item.parked.map_or(time::Duration::ZERO, |parked| self.now - parked.since);
            let (kind, id, hours) = (&missing.kind, &missing.id, waited.whole_hours());
            let reason = format!("the {kind} {id} that it needs did not come within {hours} hours");
            self.fates.push((item, Fate::DeadLettered { class: "missing-row", reason }));
            return;
        }
        self.held.entry(item.queue()).or_default().push(missing.clone());
        self.fates.push((item, Fate::Parked(Some(missing.clone()))));
    }
}

pub(crate) fn needs<R>(item: &Item<R>) -> &[Entity] {
    item.reading.as_ref().map_or(&[], |reading| reading.needs.as_slice())
}
