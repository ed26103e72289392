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
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        let mut receipts = Vec::new();
        let mut twice = HashSet::new();
        for (place, item) in items.iter().enumerate().filter(|(_, item)| enters::<C>(item)) {
            let Some(event) = item.event() else { continue };
            if seen.insert(event) {
                receipts.push(receipt(item, event));
            } else {
                twice.insert(place);
            }
        }
        let mut fresh = HashSet::new();
        if !receipts.is_empty() {
            fresh = inbox::claim(connection, C::NAME, &receipts, State::Applied, self.now).await?;
        }
        let known = |item: &Item<C::Row>| {
            let event = item.event().map(|(source, id)| (source.to_owned(), id.to_owned()));
            event.is_some_and(|event| !fresh.contains(&event))
        };
        let all_new = fresh.len() == receipts.len() && twice.is_empty();
        let mut admitted = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let duplicate = !all_new && enters::<C>(item) && (twice.contains(&place) || known(item));
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
            let mut entered = HashSet::new();
            let mut receipts = Vec::new();
            for place in &places {
                let item = self.fates[*place].0;
                let Some(event) = item.event() else { continue };
                if entered.insert(event) {
                    receipts.push(receipt(item, event));
                }
            }
            if receipts.is_empty() {
                continue;
            }
            let mut fresh = inbox::claim(connection, C::NAME, &receipts, state, self.now).await?;
            for place in places {
                let (item, fate) = &mut self.fates[place];
                let event = item.event().map(|(source, id)| (source.to_owned(), id.to_owned()));
                // Taken out, so that a second one of the same event in the batch is a duplicate too.
                if event.is_some_and(|event| !fresh.remove(&event)) {
                    *fate = Fate::Duplicate;
                }
            }
        }
        Ok(())
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
