//! What is well, from what Kafka and the database say. No time is read here, and nothing asked.

use kafka::{LagError, Progress};
use store::figures::ConsumerFailure;
use time::{Duration, OffsetDateTime};

use super::document::{BreakerCheck, ConsumerCheck, Status};
use crate::groups::{Come, Group};

/// How long a batch that failed is taken for one that still fails: longer than any pause between two tries.
pub(crate) const FAILING: Duration = Duration::minutes(15);

/// What the database knows of one consumer.
pub(super) struct Known<'a> {
    pub(super) last_batch_at: Option<OffsetDateTime>,
    pub(super) failures: &'a [ConsumerFailure],
}

/// The batch of the group's topic that still fails, if there is one: it failed of late, and the group has not come further than where
/// it began. The breaker comes before other reasons, and the latest before others.
pub(crate) fn failing<'a>(
    group: &Group,
    progress: &[Progress],
    failures: &'a [ConsumerFailure],
    now: OffsetDateTime,
) -> Option<&'a ConsumerFailure> {
    let is_held_up = |failed: &&ConsumerFailure| {
        let partition = progress.iter().find(|of| of.partition == failed.partition);
        let of_group =
            failed.consumer == group.consumer && failed.topic == group.topic && failed.failed_at > now - FAILING;
        // A place that has no record any more, or none yet, is of a topic that was made anew.
        of_group && partition.is_some_and(|of| of.next() <= failed.first_offset && failed.first_offset < of.end)
    };
    failures.iter().filter(is_held_up).max_by_key(|failed| (is_breaker(failed), failed.failed_at))
}

/// Whether the circuit breaker refused the batch.
pub(crate) fn is_breaker(failed: &ConsumerFailure) -> bool {
    failed.reason == "breaker"
}

/// How a consumer does with one of its topics. `stalled` is how old a record may become before the group has passed it.
pub(super) fn consumer(
    group: &Group,
    come: &Come,
    known: Option<&Known<'_>>,
    stalled: Duration,
    now: OffsetDateTime,
) -> ConsumerCheck {
    let last_batch_at = known.and_then(|known| known.last_batch_at);
    let since_last_batch = last_batch_at.map(|at| (now - at).whole_seconds().max(0));
    let progress = come.as_deref().ok();
    let failed = progress.zip(known).and_then(|(progress, known)| failing(group, progress, known.failures, now));
    let is_late = progress.is_some_and(|progress| progress.iter().any(Progress::is_late));
    let (status, detail) = match (come, known, failed) {
        (Err(error), ..) => (Status::Unknown, Some(not_known(error).to_owned())),
        (_, None, _) => (Status::Unknown, Some("The database does not say what it did.".to_owned())),
        (.., Some(failed)) => (Status::Degraded, Some(still_fails(failed))),
        _ if is_late => (Status::Degraded, Some(late(since_last_batch, stalled))),
        _ => (Status::Ok, None),
    };
    ConsumerCheck {
        consumer: group.consumer.clone(),
        topic: group.topic.clone(),
        group: group.name.clone(),
        status,
        detail,
        lag_records: progress.map(|progress| progress.iter().map(Progress::lag).sum()),
        last_batch_at,
        seconds_since_last_batch: since_last_batch,
        breaker: progress.zip(known).map(|_| BreakerCheck::of(failed.filter(|failed| is_breaker(failed)))),
    }
}

fn not_known(error: &LagError) -> &'static str {
    match error {
        LagError::Unreachable(_) => "Kafka does not answer.",
        LagError::NoTopic(_) => "The topic is not there.",
        LagError::Silent(_) => "Kafka does not say how far the group has come.",
    }
}

fn still_fails(failed: &ConsumerFailure) -> String {
    let why = match failed.reason.as_str() {
        "breaker" => "the circuit breaker is open: too much of it would become dead letters",
        "culprits" => "the database refuses many of its records",
        "database" => "the database does not apply it in time",
        _ => "the function makes a mistake",
    };
    let (partition, offset) = (failed.partition, failed.first_offset);
    format!("The batch from partition {partition}, offset {offset} fails, and {why}. The log says more.")
}

fn late(since_last_batch: Option<i64>, stalled: Duration) -> String {
    let stalled = stalled.whole_seconds();
    let waits = format!("records wait for more than {stalled} s");
    match since_last_batch {
        Some(seconds) if seconds < stalled => format!("It is behind: {waits}; it did something {seconds} s ago."),
        Some(seconds) => format!("It is stalled: {waits}, and it has done nothing for {seconds} s."),
        None => format!("It is stalled: {waits}, and it has never done anything."),
    }
}
