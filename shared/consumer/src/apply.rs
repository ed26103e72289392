use std::collections::HashSet;
use std::time::Instant;

use store::blocked_keys::Queue;
use store::{Connection, Fault, PgConnection};

use crate::fate::Fate;
use crate::item::Item;
use crate::pass::{Pass, creates, needs};
use crate::{Consumer, Effect, ProcessError};

impl<'a, C: Consumer> Pass<'a, C> {
    /// Applies items of one group. Where that fails because of the data, halves are tried in turn, each under a savepoint, until
    /// the culprits stand alone and all others are applied.
    pub(crate) async fn apply(
        &mut self,
        connection: &mut PgConnection,
        group: usize,
        items: Vec<&'a Item<C::Row>>,
    ) -> Result<(), ProcessError> {
        let mut left = vec![items];
        // Queues of culprits that wait now. What comes after them in this group is behind them; what else is held up was
        // seen before.
        let mut stopped = HashSet::new();
        while let Some(items) = left.pop() {
            let items = self.not_behind(items, &stopped);
            if items.is_empty() {
                continue;
            }
            if self.culprits > 0 && Instant::now() >= self.until {
                return Err(ProcessError::Culprits { culprits: self.culprits, records: self.records });
            }
            match self.try_apply(connection, group, &items).await? {
                Ok(effects) => items.iter().zip(effects).for_each(|(item, effect)| self.took(item, effect)),
                Err((error, Fault::Data { code, foreign_key })) => {
                    if let [culprit] = items.as_slice() {
                        let waits = self.culprit(culprit, &error, &code, foreign_key.as_deref())?;
                        stopped.extend(waits.then(|| culprit.queue()));
                    } else {
                        let (first, second) = items.split_at(items.len() / 2);
                        left.extend([second.to_vec(), first.to_vec()]);
                    }
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn not_behind(&mut self, items: Vec<&'a Item<C::Row>>, stopped: &HashSet<Queue>) -> Vec<&'a Item<C::Row>> {
        if stopped.is_empty() {
            return items;
        }
        let is_behind = |item: &&Item<C::Row>| stopped.contains(&item.queue()) && self.is_behind(item);
        let (behind, ready): (Vec<_>, Vec<_>) = items.into_iter().partition(is_behind);
        self.fates.extend(behind.into_iter().map(|item| (item, Fate::Parked(None))));
        ready
    }

    /// An effect for each; or the error, after which nothing has changed where it is the data's fault.
    async fn try_apply(
        &self,
        connection: &mut PgConnection,
        group: usize,
        items: &[&'a Item<C::Row>],
    ) -> Result<Result<Vec<Effect>, (store::Error, Fault)>, ProcessError> {
        let rows: Vec<&C::Row> =
            items.iter().filter_map(|item| item.reading.as_ref().ok()).map(|reading| &reading.row).collect();
        let mut savepoint = connection.begin().await?;
        match self.consumer.apply(&mut savepoint, group, &rows).await {
            Ok(effects) if effects.len() == rows.len() => {
                savepoint.commit().await?;
                Ok(Ok(effects))
            }
            Ok(effects) => Err(ProcessError::Effects { rows: rows.len(), effects: effects.len() }),
            Err(error) => {
                let fault = Fault::of(&error);
                if matches!(fault, Fault::Data { .. }) {
                    savepoint.rollback().await?;
                }
                Ok(Err((error, fault)))
            }
        }
    }

    fn took(&mut self, item: &'a Item<C::Row>, effect: Effect) {
        let fate = match effect {
            Effect::Applied => Fate::Applied,
            Effect::Duplicate => Fate::Duplicate,
            Effect::Stale => Fate::Stale,
            Effect::Refused { class, reason } => Fate::DeadLettered { class, reason },
        };
        if matches!(fate, Fate::Applied | Fate::Duplicate) {
            self.made(item);
        }
        self.fates.push((item, fate));
    }

    /// Takes note of the row that an item made: nobody waits for it any more, and another event that makes it passes nobody.
    fn made(&mut self, item: &Item<C::Row>) {
        let Some(row) = creates(item).cloned() else { return };
        for awaited in self.held.values_mut() {
            awaited.retain(|awaited| *awaited != row);
        }
        self.created.insert(row);
    }

    /// A single record that the database refuses: it waits where a foreign key stands for a row that it needs. Says whether it does.
    fn culprit(
        &mut self,
        item: &'a Item<C::Row>,
        error: &store::Error,
        code: &str,
        foreign_key: Option<&str>,
    ) -> Result<bool, ProcessError> {
        let kind = foreign_key.and_then(C::need_of);
        if let Some(missing) = needs(item).iter().find(|entity| kind.is_some_and(|kind| kind == entity.kind)) {
            self.wait(item, missing);
            return Ok(true);
        }
        let reason = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        let reason = format!("the database refuses it ({code}): {reason}");
        self.fates.push((item, Fate::DeadLettered { class: "refused-by-database", reason }));
        self.culprits += 1;
        // Long before the whole of a batch has been bisected. Where the inbox does not tell, some may have been seen before.
        let breaker = self.breaker.filter(|_| !C::OWN_INBOX);
        breaker.map_or(Ok(()), |breaker| breaker.check(self.culprits, self.records))?;
        Ok(false)
    }
}
