use api::Caller;
use events::Event;
use events::intake::{Accepted, Arrival, Flaw};
use http::{HeaderMap, StatusCode};
use lambda::{Fault, Problem};
use time::OffsetDateTime;

use crate::read::Request;

/// The largest record, in bytes: less than the 1 MB that a topic takes where it is not told otherwise.
const RECORD_LIMIT: usize = 950_000;
/// How many faults a problem lists at most.
const LISTED: usize = 50;

/// What the request says for events that do not say it themselves.
pub(crate) fn arrival(headers: &HeaderMap, now: OffsetDateTime) -> Arrival {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    Arrival::new(now, header("x-correlation-id"), header("traceparent"))
}

/// All events of a request, or what is wrong with them: one is refused with all others.
pub(crate) fn events(request: Request, arrival: &Arrival) -> Result<Vec<Accepted>, Problem> {
    let is_batch = request.is_batch;
    let (mut accepted, mut faults) = (Vec::new(), Vec::new());
    for (place, draft) in request.drafts.into_iter().enumerate() {
        match draft.accept(arrival) {
            Ok(event) => accepted.push(event),
            Err(flaws) => faults.extend(flaws.into_iter().map(|flaw| fault(is_batch.then_some(place), flaw))),
        }
    }
    if !faults.is_empty() {
        return Err(invalid(faults));
    }
    let large = accepted.iter().position(|event| event.record.len() > RECORD_LIMIT);
    large.map_or(Ok(accepted), |place| Err(too_large(is_batch.then_some(place))))
}

/// Checks that whoever sends these events may send each.
pub(crate) fn permission(caller: &Caller, accepted: &[Accepted], is_batch: bool) -> Result<(), Problem> {
    for (place, Accepted { event, .. }) in accepted.iter().enumerate() {
        let place = is_batch.then_some(place);
        if !caller.may_send(event.event_type()) {
            let detail = format!("This API key may not send events of the type {}.", event.event_type());
            return Err(forbidden(caller, event, detail).about(field(place, "type")));
        }
        if !caller.may_speak_for(&event.source) {
            let detail = format!("This API key may not send events of the source {}.", event.source);
            return Err(forbidden(caller, event, detail).about(field(place, "source")));
        }
    }
    Ok(())
}

/// An event that no topic takes, by its place in the batch.
pub(crate) fn too_large(place: Option<usize>) -> Problem {
    let detail = "The event is larger than a record may be.";
    let field = place.map_or_else(|| "body".to_owned(), |place| format!("events[{place}]"));
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "event-too-large", "Event too large", detail).about(field)
}

fn invalid(mut faults: Vec<Fault>) -> Problem {
    let Fault { field, reason } = &faults[0];
    let (field, detail) = (field.clone(), format!("{field}: {reason}."));
    faults.truncate(LISTED);
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-event", "Invalid event", detail)
        .about(field)
        .listing(faults)
}

fn forbidden(caller: &Caller, event: &Event, detail: String) -> Problem {
    tracing::warn!(
        api_key.id = caller.key_id(),
        event.id = %event.id,
        event.type = %event.event_type(),
        event.source = %event.source,
        "Event refused: its API key may not send it"
    );
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden", detail)
}

fn fault(place: Option<usize>, flaw: Flaw) -> Fault {
    Fault { field: field(place, &flaw.field), reason: flaw.reason }
}

/// The field of an event, by its place in the batch where it came in one.
fn field(place: Option<usize>, field: &str) -> String {
    match (place, field) {
        (None, "") => "body".to_owned(),
        (None, field) => field.to_owned(),
        (Some(place), "") => format!("events[{place}]"),
        (Some(place), field) => format!("events[{place}].{field}"),
    }
}
