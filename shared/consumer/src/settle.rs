use std::collections::HashSet;
use std::time::Duration;

use store::PgConnection;
use store::blocked_keys::{self, Queue};
use store::dead_letters::{self, DeadLetter, FailedAgain};
use store::inbox::{self, State};
use store::parked_events::{self, Entity, NewlyParked, TriedAgain};
use time::OffsetDateTime;

use crate::admit::is_in_inbox;
use crate::fate::Fate;
use crate::item::Item;
use crate::pass::Pass;
use crate::{Consumer, ProcessError, dead_letter};

/// How long a parked event is left alone: twice as long each time, up to a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub(crate) longest: Duration,
}

impl Retry {
    pub(crate) fn after(self, now: OffsetDateTime, tries: i32) -> OffsetDateTime {
        let doublings = u32::try_from(tries.clamp(0, 20)).unwrap_or(0);
        now + Duration::from_secs(1 << doublings).min(self.longest)
    }
}

impl<C: Consumer> Pass<'_, C> {
    /// Writes down what became of every item, and releases those of the queues, all locked, that nothing holds up any more.
    pub(crate) async fn settle(
        &mut self,
        connection: &mut PgConnection,
        queues: &[Queue],
        retry: Retry,
    ) -> Result<(), ProcessError> {
        self.enter_rest(connection).await?;
        self.keep_dead_letters(connection).await?;
        self.park(connection, retry).await?;
        self.take_out(connection).await?;
        let states: Vec<(&str, &str, State)> =
            self.fates.iter().filter_map(|(item, fate)| state(item, fate, C::OWN_INBOX)).collect();
        if !states.is_empty() {
            inbox::set_states(connection, C::NAME, &states).await?;
        }
        let mut queues = queues.to_vec();
        if C::OWN_INBOX {
            // What is parked may stand behind one that turned out a duplicate.
            let parked = self.fates.iter().filter(|(_, fate)| matches!(fate, Fate::Parked(_)));
            queues.extend(parked.map(|(item, _)| item.queue()));
        }
        if !queues.is_empty() {
            blocked_keys::settle(connection, C::NAME, &queues, self.now).await?;
        }
        Ok(())
    }

    async fn keep_dead_letters(&mut self, connection: &mut PgConnection) -> Result<(), ProcessError> {
        let (again, new): (Vec<_>, Vec<_>) = self.dead().partition(|(item, ..)| letter_of(item).is_some());
        let new: Vec<DeadLetter> =
            new.into_iter().map(|(item, class, reason)| dead_letter::of(item, class, reason)).collect();
        let again: Vec<FailedAgain<'_>> = again
            .into_iter()
            .filter_map(|(item, error_class, error)| {
                Some(FailedAgain { dead_letter_id: letter_of(item)?, event: item.event(), error_class, error })
            })
            .collect();
        if !again.is_empty() {
            dead_letters::reopen(connection, &again, self.now).await?;
        }
        if !new.is_empty() {
            let kept = dead_letters::insert(connection, C::NAME, &new).await?;
            self.breaker.map_or(Ok(()), |breaker| breaker.check(kept.len(), self.records))?;
            if kept.len() < new.len() {
                self.known_letters(&kept);
            }
        }
        Ok(())
    }

    /// What becomes a dead letter, with the class and the reason.
    fn dead(&self) -> impl Iterator<Item = (&Item<C::Row>, &'static str, &str)> {
        self.fates.iter().filter_map(|(item, fate)| match fate {
            Fate::DeadLettered { class, reason } => Some((*item, *class, dead_letter::cut(reason))),
            _ => None,
        })
    }

    /// Records without an identity, which are told by their place: those that were kept before are duplicates.
    fn known_letters(&mut self, kept: &[(String, i32, i64)]) {
        let kept: HashSet<(&str, i32, i64)> =
            kept.iter().map(|(topic, partition, offset)| (topic.as_str(), *partition, *offset)).collect();
        for (item, fate) in &mut self.fates {
            let place = (item.record.topic.as_str(), item.record.partition, item.record.offset);
            let known = item.identity.is_none() && letter_of(item).is_none() && !kept.contains(&place);
            if matches!(fate, Fate::DeadLettered { .. }) && known {
                *fate = Fate::Duplicate;
            }
        }
    }

    async fn park(&self, connection: &mut PgConnection, retry: Retry) -> Result<(), ProcessError> {
        let (mut new, mut again) = (Vec::new(), Vec::new());
        for (item, fate) in &self.fates {
            let (Fate::Parked(awaits), Some((event_source, event_id))) = (fate, item.event()) else { continue };
            let awaits = awaits.as_ref();
            let tries = item.parked.map_or(0, |parked| parked.tries);
            let next_try_at = awaits.map(|_| retry.after(self.now, tries));
            match item.parked {
                Some(parked) => {
                    let parked_id = parked.id;
                    again.push(TriedAgain { parked_id, event_source, event_id, awaits, next_try_at });
                }
                None => new.push(newly_parked(item, (event_source, event_id), awaits, next_try_at)),
            }
        }
        if !new.is_empty() {
            let queues: Vec<Queue> = new.iter().map(|event| event.queue.clone()).collect();
            blocked_keys::block(connection, C::NAME, &queues, self.now).await?;
            parked_events::insert(connection, C::NAME, &new, self.now).await?;
        }
        if !again.is_empty() {
            parked_events::tried_again(connection, &again).await?;
        }
        Ok(())
    }

    /// Of what was parked, that which has a fate.
    async fn take_out(&self, connection: &mut PgConnection) -> Result<(), ProcessError> {
        let done = || self.fates.iter().filter(|(_, fate)| !matches!(fate, Fate::Parked(_)));
        let parked: Vec<i64> = done().filter_map(|(item, _)| item.parked).map(|parked| parked.id).collect();
        if parked.is_empty() {
            return Ok(());
        }
        parked_events::remove(connection, &parked).await?;
        let letters: Vec<i64> = done()
            .filter(|(_, fate)| !matches!(fate, Fate::DeadLettered { .. }))
            .filter_map(|(item, _)| letter_of(item))
            .collect();
        if !letters.is_empty() {
            dead_letters::close(connection, &letters, self.now).await?;
        }
        Ok(())
    }
}

/// The dead letter that it was before a person sent it on.
fn letter_of<R>(item: &Item<R>) -> Option<i64> {
    item.parked.and_then(|parked| parked.dead_letter_id)
}

/// What the inbox has to say of an item, where it does not say so yet: a new row says that its event was applied.
fn state<'a, R>(item: &'a Item<R>, fate: &Fate, own_inbox: bool) -> Option<(&'a str, &'a str, State)> {
    let in_inbox = is_in_inbox(item);
    let state = match fate {
        Fate::Applied | Fate::Duplicate => in_inbox.then_some(State::Applied),
        Fate::Stale => (in_inbox || !own_inbox).then_some(State::Stale),
        Fate::Parked(_) => (!in_inbox && !own_inbox).then_some(State::Parked),
        Fate::DeadLettered { .. } => (in_inbox || !own_inbox).then_some(State::DeadLettered),
    }?;
    item.event().map(|(source, event_id)| (source, event_id, state))
}

fn newly_parked<'a, R>(
    item: &'a Item<R>,
    (event_source, event_id): (&'a str, &'a str),
    awaits: Option<&'a Entity>,
    next_try_at: Option<OffsetDateTime>,
) -> NewlyParked<'a> {
    let record = &item.record;
    NewlyParked {
        queue: item.queue(),
        partition: record.partition,
        offset: record.offset,
        record_time: record.time,
        key: record.key.as_deref(),
        value: record.value.as_deref().unwrap_or_default(),
        headers: dead_letter::headers_as_json(record),
        event_source,
        event_id,
        awaits,
        next_try_at,
    }
}
