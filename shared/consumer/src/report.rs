use std::time::Duration;

use metrics::Metric;
use time::OffsetDateTime;

use crate::Consumer;
use crate::tally::{Outcomes, Tally};

/// What an invocation that did something says of itself: one line for people, and figures for CloudWatch.
pub(crate) struct Report {
    pub(crate) records: usize,
    pub(crate) read_in: Option<Duration>,
    pub(crate) took: Duration,
}

impl Report {
    pub(crate) fn write<C: Consumer>(&self, tally: &Tally, now: OffsetDateTime) -> Outcomes {
        let outcomes = tally.outcomes();
        tracing::info!(
            consumer = C::NAME,
            batch.records = self.records,
            outcome.applied = outcomes.applied,
            outcome.duplicate = outcomes.duplicates,
            outcome.stale = outcomes.stale,
            outcome.parked = outcomes.parked,
            outcome.dead_lettered = outcomes.dead_lettered,
            outcome.skipped = outcomes.skipped,
            read_ms = self.read_in.map(|time| time.as_secs_f64() * 1e3),
            duration_ms = self.took.as_secs_f64() * 1e3,
            "Batch committed"
        );
        let consumer = ("consumer", C::NAME);
        metrics::write(
            now,
            &[consumer],
            &[
                Metric::count("batch_size_records", self.records as u64),
                Metric::seconds("batch_duration_seconds", self.took.as_secs_f64()),
                Metric::seconds("event_age_seconds", tally.oldest_seconds),
                Metric::count("retries", tally.retries),
                Metric::count("dead_letters", outcomes.dead_lettered),
                Metric::count("parked", outcomes.parked),
            ],
        );
        for (outcome, events) in tally.by_outcome() {
            metrics::write(now, &[consumer, ("outcome", outcome)], &[Metric::count("events_consumed", events)]);
        }
        outcomes
    }
}
