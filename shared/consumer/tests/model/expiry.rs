//! What may become of what still waits when its time is up.

use crate::case::Outcome;
use crate::log::{CONSUMERS, Event, Log, id};
use crate::state::State;

/// What is wrong with the end of a case that had come to `before` when time was up. Which of two keys expires first is not said, so that
/// one that needs what another makes may take effect or be too late; one that needs nothing only stood behind, and goes on.
pub fn wrong(log: &Log, before: &State, after: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    if !after.parked.is_empty() || !after.blocked.is_empty() {
        wrong.push(format!("still parked: {:?}, still blocked: {:?}", after.parked, after.blocked));
    }
    let inbox = |state: &State, event: &Event| {
        state.inbox.get(&(CONSUMERS[event.consumer].to_owned(), id(event.number))).cloned().unwrap_or_default()
    };
    let made = |row| log.events().any(|event| event.creates.as_ref() == Some(row) && inbox(after, event) == "applied");
    for event in log.events() {
        let (was, is) = (inbox(before, event), inbox(after, event));
        let own = match event.outcome {
            Outcome::Apply => "applied",
            Outcome::Stale => "stale",
            _ => "dead_lettered",
        };
        let may_be = match was.as_str() {
            "parked" if event.needs.is_empty() => vec![own],
            "parked" if event.needs.iter().all(made) => vec![own, "dead_lettered"],
            "parked" => vec!["dead_lettered"],
            other => vec![other],
        };
        if !may_be.contains(&is.as_str()) {
            wrong.push(format!("{event:?} was {was} and is {is}, not {may_be:?}"));
        }
    }
    for (queue, numbers) in &after.applied {
        let first = before.applied.get(queue).map_or(&[][..], Vec::as_slice);
        let rest = numbers.strip_prefix(first);
        let passes = |number: &usize| log.events().any(|event| event.number == *number && event.creates.is_some());
        let in_order = rest.is_some_and(|rest| rest.iter().filter(|number| !passes(number)).is_sorted());
        if !in_order {
            wrong.push(format!("{queue} was {first:?} and is {numbers:?}"));
        }
    }
    wrong
}
