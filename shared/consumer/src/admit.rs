use std::collections::HashSet;

use store::PgConnection;
use store::inbox::{self, Receipt, State};

use crate::fate::Fate;
use crate::item::Item;
use crate::pass::Pass;
use crate::{Consumer, ProcessError};

impl<'a, C: Consumer> Pass<'a, C> {
    /// Enters items into the inbox, before anything of them takes effect, and leaves those that are to be applied. What came
    /// before is a duplicate, and what cannot be read a dead letter.
    pub(crate) async fn admit(
        &mut self,
        connection: &mut PgConnection,
        items: &'a [Item<C::Row>],
    ) -> Result<Vec<&'a Item<C::Row>>, ProcessError> {
        let entering: Vec<&Item<C::Row>> = items.iter().filter(|item| enters::<C>(item)).collect();
        let mut is_new = self.claim(connection, &entering, State::Applied).await?.into_iter();
        let mut admitted = Vec::with_capacity(items.len());
        for item in items {
            let duplicate = enters::<C>(item) && is_new.next() == Some(false);
            match &item.reading {
                _ if duplicate => self.fates.push((item, Fate::Duplicate)),
                Ok(_) => admitted.push(item),
                Err(refusal) => {
                    let (class, reason) = (refusal.class, refusal.reason.clone());
                    self.fates.push((item, Fate::DeadLettered { class, reason }));
                }
            }
        }
        Ok(admitted)
    }

    /// A consumer that tells duplicates by its own table knows only what it applied: what becomes anything else is entered when
    /// that is known, and is a duplicate where it was entered before.
    pub(crate) async fn enter_rest(&mut self, connection: &mut PgConnection) -> Result<(), ProcessError> {
        if !C::OWN_INBOX {
            return Ok(());
        }
        for state in [State::DeadLettered, State::Parked] {
            let becomes = |fate: &Fate| match fate {
                Fate::DeadLettered { .. } => state == State::DeadLettered,
                Fate::Parked(_) => state == State::Parked,
                _ => false,
            };
            let places: Vec<usize> = (0..self.fates.len())
                .filter(|place| becomes(&self.fates[*place].1) && !is_in_inbox(self.fates[*place].0))
                .collect();
            let items: Vec<&Item<C::Row>> = places.iter().map(|place| self.fates[*place].0).collect();
            let is_new = self.claim(connection, &items, state).await?;
            for (place, is_new) in places.into_iter().zip(is_new) {
                if !is_new {
                    self.fates[place].1 = Fate::Duplicate;
                }
            }
        }
        Ok(())
    }

    /// Enters items into the inbox, and says of each whether it is the first of its event. One without an identity always is.
    async fn claim(
        &self,
        connection: &mut PgConnection,
        items: &[&Item<C::Row>],
        state: State,
    ) -> Result<Vec<bool>, ProcessError> {
        let mut seen = HashSet::new();
        let receipts: Vec<Receipt<'_>> = items
            .iter()
            .filter_map(|item| Some((item, item.event()?)))
            .filter(|(_, event)| seen.insert(*event))
            .map(|(item, event)| receipt(item, event))
            .collect();
        if receipts.is_empty() {
            return Ok(vec![true; items.len()]);
        }
        let mut fresh = inbox::claim(connection, C::NAME, &receipts, state, self.now).await?;
        if fresh.len() == items.len() {
            return Ok(vec![true; items.len()]);
        }
        // Taken out, so that a second one of the same event in the batch is a duplicate too.
        let mut is_first = |(source, id): (&str, &str)| fresh.remove(&(source.to_owned(), id.to_owned()));
        Ok(items.iter().map(|item| item.event().is_none_or(&mut is_first)).collect())
    }
}

/// Whether its row in the inbox is made now.
fn enters<C: Consumer>(item: &Item<C::Row>) -> bool {
    !C::OWN_INBOX && item.identity.is_some() && !is_in_inbox(item)
}

pub(crate) fn is_in_inbox<R>(item: &Item<R>) -> bool {
    item.parked.is_some_and(|parked| parked.in_inbox)
}

fn receipt<'a, R>(item: &'a Item<R>, (source, event_id): (&'a str, &'a str)) -> Receipt<'a> {
    let record = &item.record;
    Receipt { source, event_id, topic: &record.topic, partition: record.partition, offset: record.offset }
}
