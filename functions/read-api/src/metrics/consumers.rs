//! What consumers did.

use std::collections::BTreeMap;

use exposition::Families;
use store::consumer_batches::AGE_BOUNDS;
use store::figures::{ConsumerFigures, DURATION_BOUNDS, Figures};

use super::seconds;

/// Counts, durations and failures of all consumers.
pub(super) fn write(families: &mut Families, figures: &Figures) {
    for count in &figures.events {
        let labels = [("consumer", &*count.consumer), ("type", &*count.event_type), ("outcome", &*count.outcome)];
        families.counter(
            "events_consumed_total",
            "Events by what became of them.",
            &labels,
            count.events.unsigned_abs(),
        );
    }
    for of_consumer in &figures.consumers {
        of(families, of_consumer);
    }
    let mut failures: BTreeMap<[&str; 3], u64> = BTreeMap::new();
    for failed in &figures.failures {
        *failures.entry([&failed.consumer, &failed.topic, &failed.reason]).or_default() +=
            failed.failures.unsigned_abs();
    }
    for ([consumer, topic, reason], count) in failures {
        let labels = [("consumer", consumer), ("topic", topic), ("reason", reason)];
        let help = "Batches that failed and changed nothing, counted at each of their partitions.";
        families.counter("consumer_failures_total", help, &labels, count);
    }
}

fn of(families: &mut Families, figures: &ConsumerFigures) {
    let labels = [("consumer", figures.consumer.as_str())];
    for (name, help, count) in [
        ("consumer_batches_total", "Batches, and drains that did something.", figures.batches),
        ("consumer_records_total", "Records of those batches.", figures.records),
        ("consumer_retries_total", "Times that a transaction was tried again.", figures.retries),
    ] {
        families.counter(name, help, &labels, count.unsigned_abs());
    }
    let help = "When the consumer did something last.";
    families.gauge("consumer_last_batch_timestamp_seconds", help, &labels, seconds(figures.last_batch_at));
    for (name, help, bounds, counts, sum) in [
        ("batch_duration_seconds", "How long batches took.", &DURATION_BOUNDS[..], &figures.durations, figures.seconds),
        (
            "batch_database_seconds",
            "How long their transactions took.",
            &DURATION_BOUNDS,
            &figures.database_durations,
            figures.database_seconds,
        ),
        (
            "event_age_seconds",
            "How old events were when they were applied.",
            &AGE_BOUNDS,
            &figures.ages,
            figures.age_seconds,
        ),
    ] {
        let counts: Vec<u64> = counts.iter().copied().map(i64::unsigned_abs).collect();
        families.histogram(name, help, &labels, bounds, &counts, sum);
    }
}
