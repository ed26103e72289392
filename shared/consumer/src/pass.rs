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
    /// Queues that are held up, with what is awaited in them, in their order.
    pub(crate) held: HashMap<Queue, Vec<Entity>>,
    pub(crate) fates: Vec<(&'a Item<C::Row>, Fate)>,
    /// Rows that were made.
    pub(crate) created: HashSet<Entity>,
    /// Queues of which something has waited too long, and how often it was tried.
    pub(crate) given_up: HashMap<Queue, i32>,
}

impl<'a, C: Consumer> Pass<'a, C> {
    /// Applies items, in as few rounds as keep every key's order.
    pub(crate) async fn run(
        &mut self,
        connection: &mut PgConnection,
        items: &[&'a Item<C::Row>],
    ) -> Result<(), ProcessError> {
        for round in rounds::cut::<C>(items) {
            for (group, items) in round.into_iter().enumerate() {
                self.group(connection, group, items).await?;
            }
        }
        Ok(())
    }

    /// Applies items of one group, and parks those that have to wait.
    async fn group(
        &mut self,
        connection: &mut PgConnection,
        group: usize,
        items: Vec<&'a Item<C::Row>>,
    ) -> Result<(), ProcessError> {
        if self.held.is_empty() && items.iter().all(|item| needs(item).is_empty()) {
            return self.apply(connection, group, items).await;
        }
        let mut there = self.existing(connection, &items).await?;
        let mut ready = Vec::with_capacity(items.len());
        // Queues of those that a foreign key may still stop, or that make what is awaited; and all rows that they make.
        let (mut unsure, mut making) = (HashSet::new(), HashSet::new());
        for (nth, item) in items.iter().copied().enumerate() {
            let queue = item.queue();
            let mut missing = self::missing(item, &there);
            let waits = missing.is_some() || self.held.contains_key(&queue);
            let is_made = missing.is_some_and(|row| making.contains(row));
            if is_made || waits && unsure.contains(&queue) || missing.is_some() && self.is_over(item, &queue) {
                // What holds it up depends on what becomes of those before it.
                self.apply(connection, group, std::mem::take(&mut ready)).await?;
                (unsure, making) = (HashSet::new(), HashSet::new());
                there = self.existing(connection, &items[nth..]).await?;
                missing = self::missing(item, &there);
            }
            if self.is_behind(item) {
                self.fates.push((item, Fate::Parked(None)));
            } else if let Some(missing) = missing {
                self.wait(item, missing);
            } else {
                making.extend(creates(item));
                unsure.extend((self.held.contains_key(&queue) || !needs(item).is_empty()).then_some(queue));
                ready.push(item);
            }
        }
        self.apply(connection, group, ready).await
    }

    /// Which of the rows that the items need are there.
    async fn existing(
        &self,
        connection: &mut PgConnection,
        items: &[&Item<C::Row>],
    ) -> Result<HashSet<Entity>, ProcessError> {
        existing(self.consumer, connection, items.iter().flat_map(|item| needs(item))).await
    }

    /// Whether something of its queue waits for anything but what it creates. The last that waits there passed those before it because
    /// it makes what they wait for: whoever makes the same stands behind it.
    pub(crate) fn is_behind(&self, item: &Item<C::Row>) -> bool {
        if self.held.is_empty() {
            return false;
        }
        let passes = |awaited: &Vec<Entity>| creates(item).is_some_and(|row| awaited.last() == Some(row));
        self.held.get(&item.queue()).is_some_and(|awaited| !passes(awaited))
    }

    /// Whether it has waited too long. One that stands behind another was looked for as often as that one.
    fn is_over(&self, item: &Item<C::Row>, queue: &Queue) -> bool {
        let tries = self.given_up.get(queue).copied().unwrap_or(0);
        item.parked.is_some_and(|parked| self.patience.is_over(parked.since, parked.tries.max(tries), self.now))
    }

    /// Parks an item that misses a row, and holds its queue up; or gives up, where it has waited too long.
    pub(crate) fn wait(&mut self, item: &'a Item<C::Row>, missing: &Entity) {
        let queue = item.queue();
        if self.is_over(item, &queue) {
            let waited = item.parked.map_or(time::Duration::ZERO, |parked| self.now - parked.since);
            let (kind, id, hours) = (&missing.kind, &missing.id, waited.whole_hours());
            let reason = format!("the {kind} {id} that it needs did not come within {hours} hours");
            self.fates.push((item, Fate::DeadLettered { class: "missing-row", reason }));
            let tries = item.parked.map_or(0, |parked| parked.tries);
            self.given_up.entry(queue).and_modify(|most| *most = tries.max(*most)).or_insert(tries);
            return;
        }
        self.held.entry(queue).or_default().push(missing.clone());
        self.fates.push((item, Fate::Parked(Some(missing.clone()))));
    }
}

pub(crate) fn needs<R>(item: &Item<R>) -> &[Entity] {
    item.reading.as_ref().map_or(&[], |reading| reading.needs.as_slice())
}

fn missing<'i, R>(item: &'i Item<R>, there: &HashSet<Entity>) -> Option<&'i Entity> {
    needs(item).iter().find(|row| !there.contains(row))
}

pub(crate) fn creates<R>(item: &Item<R>) -> Option<&Entity> {
    item.reading.as_ref().ok().and_then(|reading| reading.creates.as_ref())
}
