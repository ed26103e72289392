//! What a mapping has done since it started: its loop writes it, its status line reads it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A batch that is being repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failing {
    /// When it failed first.
    pub(crate) since: Instant,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// What is known of a mapping at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Batches whose invocation has succeeded.
    pub(crate) batches: u64,
    /// Their records.
    pub(crate) records: u64,
    /// When the invocation that runs began.
    pub(crate) invoking: Option<Instant>,
    /// The batch that is being repeated.
    pub(crate) failing: Option<Failing>,
    /// Partitions that are stopped at a record too large for any payload.
    pub(crate) stopped: BTreeSet<i32>,
}

/// [`Counts`] that one thread writes and another reads; neither waits for more than a copy.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Counts>);

impl Progress {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now.
    pub(crate) fn now(&self) -> Counts {
        self.counts().clone()
    }

    /// An invocation begins.
    pub(crate) fn invoke(&self, at: Instant) {
        self.counts().invoking = Some(at);
    }

    /// The invocation has succeeded with so many records.
    pub(crate) fn succeed(&self, records: usize) {
        let mut counts = self.counts();
        counts.invoking = None;
        counts.failing = None;
        counts.batches += 1;
        counts.records += records as u64;
    }

    /// The invocation has failed.
    pub(crate) fn fail(&self, at: Instant, attempts: u32) {
        let mut counts = self.counts();
        counts.invoking = None;
        let since = counts.failing.map_or(at, |failing| failing.since);
        counts.failing = Some(Failing { since, attempts });
    }

    /// The batch that was being repeated is no longer this member's.
    pub(crate) fn lose(&self) {
        self.counts().failing = None;
    }

    /// These partitions are stopped, and no others.
    pub(crate) fn stop(&self, partitions: &BTreeSet<i32>) {
        self.counts().stopped.clone_from(partitions);
    }
}
