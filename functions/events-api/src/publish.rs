use std::time::{Duration, Instant};

use api::Caller;
use events::intake::Accepted;
use events::{CLOUDEVENTS_JSON, Text};
use kafka::{Delivered, Fate, Record, Refusal};
use lambda::Problem;
use uuid::Uuid;

use crate::{EventsApi, check, figures};

/// Until when a request is answered, whatever is away.
const ANSWER_WITHIN: Duration = Duration::from_millis(2800);
/// After how many seconds a client may try again: the broker restarts in about that time.
const RETRY_AFTER_SECONDS: u32 = 2;
/// How many ids a log line has at most.
const IDS_LOGGED: usize = 10;

/// Publishes events, those of one key one after another, and waits until Kafka has all of them. Where it has not, part of them may be
/// there; the inbox of each consumer drops what is sent twice.
pub(crate) async fn publish(
    api: &EventsApi,
    caller: &Caller,
    id: Uuid,
    accepted: &[Accepted],
    is_batch: bool,
    started: Instant,
) -> Result<(), Problem> {
    if accepted.is_empty() {
        return Ok(());
    }
    if api.publisher.is_away() {
        figures::write(api, accepted, &vec![Fate::Waits; accepted.len()], Duration::ZERO);
        return Err(unavailable(id, accepted, "the broker is away"));
    }
    let headers = [("content-type".to_owned(), CLOUDEVENTS_JSON.as_bytes().to_vec())];
    let records: Vec<Record<'_>> = accepted.iter().map(|accepted| record(api, accepted, &headers)).collect();
    let began = Instant::now();
    let within = ANSWER_WITHIN.saturating_sub(started.elapsed());
    let outcome = api.publisher.publish(&records, within).await;
    figures::write(api, accepted, &outcome.fates, began.elapsed());
    for (accepted, delivered) in accepted.iter().zip(&outcome.delivered) {
        if let Some(delivered) = delivered {
            log(api, caller, accepted, *delivered, started.elapsed());
        }
    }
    if let Some(reason) = outcome.unavailable {
        return Err(unavailable(id, accepted, &reason));
    }
    match missing(&outcome.fates) {
        None => Ok(()),
        Some((place, Some(refusal))) => Err(refused(id, accepted, place, is_batch, refusal)),
        Some((_, None)) => Err(unavailable(id, accepted, "the broker did not acknowledge all of them")),
    }
}

/// The first record that the broker refused, and why; else the first that it did not acknowledge. None where it has all of them.
fn missing(fates: &[Fate]) -> Option<(usize, Option<&Refusal>)> {
    let refused = fates.iter().enumerate().find_map(|(place, fate)| match fate {
        Fate::Refused(refusal) => Some((place, Some(refusal))),
        Fate::Acknowledged | Fate::Waits => None,
    });
    refused.or_else(|| fates.iter().position(|fate| *fate == Fate::Waits).map(|place| (place, None)))
}

fn record<'a>(api: &'a EventsApi, accepted: &'a Accepted, headers: &'a [(String, Vec<u8>)]) -> Record<'a> {
    Record {
        topic: api.name_of(accepted.event.event_type().topic()),
        key: Some(accepted.event.key().as_bytes()),
        value: Some(&accepted.record),
        headers,
    }
}

fn log(api: &EventsApi, caller: &Caller, Accepted { event, .. }: &Accepted, delivered: Delivered, took: Duration) {
    tracing::info!(
        api_key.id = caller.key_id(),
        event.id = %event.id,
        event.type = %event.event_type(),
        correlation.id = event.correlation_id.as_ref().map(Text::as_str),
        trace.id = event.trace_id().map(tracing::field::display),
        kafka.topic = api.name_of(event.event_type().topic()),
        kafka.partition = delivered.partition,
        kafka.offset = delivered.offset,
        duration_ms = took.as_secs_f64() * 1e3,
        "Event published"
    );
}

fn unavailable(id: Uuid, accepted: &[Accepted], reason: &str) -> Problem {
    let ids = || accepted.iter().map(|accepted| accepted.event.id.as_str()).take(IDS_LOGGED);
    tracing::error!(
        error.id = %id,
        event.id = %ids().collect::<Vec<_>>().join(" "),
        events = accepted.len(),
        error.message = reason,
        "Events could not be published"
    );
    Problem::unavailable("The events cannot be taken right now. Send the same ones again.", id, RETRY_AFTER_SECONDS)
}

/// The broker does not take an event: as it is too large for its topic, or because of something that is ours to mend.
fn refused(id: Uuid, accepted: &[Accepted], place: usize, is_batch: bool, refusal: &Refusal) -> Problem {
    let problem = unavailable(id, &accepted[place..=place], &refusal.reason);
    if refusal.is_too_large { check::too_large(is_batch.then_some(place)) } else { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_was_not_acknowledged_is_missing() {
        let refusal = Refusal { reason: "too large".to_owned(), is_too_large: true };
        let refused = || Fate::Refused(refusal.clone());
        assert_eq!(missing(&[Fate::Acknowledged, Fate::Acknowledged]), None);
        assert_eq!(missing(&[Fate::Acknowledged, Fate::Waits]), Some((1, None)));
        assert_eq!(missing(&[Fate::Waits, refused(), Fate::Waits]), Some((1, Some(&refusal))));
    }
}
