use std::collections::BTreeMap;

use serde::Serialize;
use store::consumer_batches::AGE_BOUNDS;
use time::OffsetDateTime;

use crate::Consumer;
use crate::fate::Fate;
use crate::item::Item;

/// What became of the records of an invocation, those that were parked and tried again among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// They took effect.
    pub applied: u64,
    /// They had taken effect before, or were received before.
    pub duplicates: u64,
    /// Something newer had taken effect already.
    pub stale: u64,
    /// They wait for a row, or behind another event.
    pub parked: u64,
    /// They are dead letters, now or since an earlier delivery.
    pub dead_lettered: u64,
    /// They had no value.
    pub skipped: u64,
}

/// Counts of what became of events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// By type and outcome.
    pub(crate) counts: BTreeMap<(&'static str, &'static str), u64>,
    /// Applied events by age.
    pub(crate) ages: [u64; AGE_BOUNDS.len() + 1],
    /// The sum of those ages, in seconds.
    pub(crate) age_seconds: f64,
    /// The greatest of them.
    pub(crate) oldest_seconds: f64,
    /// How often a transaction was tried again.
    pub(crate) retries: u64,
}

/// The type of what could not be read.
const UNKNOWN: &str = "unknown";

impl Tally {
    /// Counts an item. One that was parked before and still is counts nothing.
    pub(crate) fn add<C: Consumer>(&mut self, item: &Item<C::Row>, fate: &Fate, now: OffsetDateTime) {
        if item.parked.is_some() && matches!(fate, Fate::Parked(_)) {
            return;
        }
        let event_type = item.reading.as_ref().map_or(UNKNOWN, |reading| C::TYPES[reading.place]);
        *self.counts.entry((event_type, fate.name())).or_default() += 1;
        if let (Fate::Applied, Some(time)) = (fate, item.time) {
            let age = (now - time).as_seconds_f64().max(0.0);
            self.ages[AGE_BOUNDS.iter().position(|bound| age <= *bound).unwrap_or(AGE_BOUNDS.len())] += 1;
            self.age_seconds += age;
            self.oldest_seconds = self.oldest_seconds.max(age);
        }
    }

    pub(crate) fn skipped(&mut self, tombstones: usize) {
        if tombstones > 0 {
            *self.counts.entry((UNKNOWN, "skipped")).or_default() += tombstones as u64;
        }
    }

    /// Both together.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        for (name, count) in &other.counts {
            *sum.counts.entry(*name).or_default() += count;
        }
        for (age, more) in sum.ages.iter_mut().zip(other.ages) {
            *age += more;
        }
        sum.age_seconds += other.age_seconds;
        sum.oldest_seconds = sum.oldest_seconds.max(other.oldest_seconds);
        sum.retries += other.retries;
        sum
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Events by outcome alone.
    pub(crate) fn by_outcome(&self) -> BTreeMap<&'static str, u64> {
        let mut by_outcome = BTreeMap::new();
        for ((_, outcome), count) in &self.counts {
            *by_outcome.entry(*outcome).or_default() += count;
        }
        by_outcome
    }

    pub(crate) fn outcomes(&self) -> Outcomes {
        let by_outcome = self.by_outcome();
        let sum = |outcome| by_outcome.get(outcome).copied().unwrap_or(0);
        Outcomes {
            applied: sum("applied"),
            duplicates: sum("duplicate"),
            stale: sum("stale"),
            parked: sum("parked"),
            dead_lettered: sum("dead_lettered"),
            skipped: sum("skipped"),
        }
    }
}
