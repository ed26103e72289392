use crate::verify::found::{Found, Letter, Seen};
use crate::verify::told::{Standing, Told};
use crate::verify::verdict::Verdict;

/// What it means that the effect of an event is not there.
#[derive(Debug, PartialEq, Eq)]
enum Absence {
    /// Kafka may never have had the event.
    Uncertain,
    /// It may still come.
    Late(String),
    /// It will not come, however long one waits.
    Lost(String),
}

/// Notes what is not there, and what is known about that.
pub(super) fn miss<T>(what: &str, told: &Told<T>, found: &Found, verdict: &mut Verdict) {
    let event_id = told.event_id.as_str();
    match absence(told.standing, found.letters.left_of(event_id), found.seen.get(event_id)) {
        Absence::Uncertain => verdict.uncertain += 1,
        Absence::Late(how) => verdict.missing.push(format!("{what} {how} (event {event_id})")),
        Absence::Lost(how) => verdict.lost.push(format!("{what} {how} (event {event_id})")),
    }
}

fn absence(standing: Standing, letter: Option<&Letter>, seen: Option<&Seen>) -> Absence {
    if let Some(Letter { error_class, error, .. }) = letter {
        return Absence::Lost(format!("is a dead letter: {error_class}: {error}"));
    }
    match (seen.map(|seen| seen.state.as_str()), standing) {
        (Some("applied" | "stale"), _) => Absence::Lost("was applied, and its row is gone".to_owned()),
        (Some("discarded"), _) => Absence::Lost("was discarded".to_owned()),
        (Some("dead_lettered"), _) => Absence::Lost("was a dead letter, which is gone".to_owned()),
        // What it waits for may be what nobody knows to have arrived.
        (_, Standing::Open) => Absence::Uncertain,
        (None, Standing::Refused) => Absence::Lost("was refused".to_owned()),
        (None, Standing::Acknowledged) => Absence::Late("is nowhere".to_owned()),
        (Some(state), _) => {
            let awaits = seen.and_then(|seen| seen.awaits.as_ref());
            Absence::Late(
                awaits
                    .map_or_else(|| format!("is {state}"), |awaits| format!("is {state}, and waits for the {awaits}")),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(standing: Standing, state: Option<&str>) -> Absence {
        absence(standing, None, state.map(|state| Seen::of(state, None)).as_ref())
    }

    fn late(how: &str) -> Absence {
        Absence::Late(how.to_owned())
    }

    fn lost(how: &str) -> Absence {
        Absence::Lost(how.to_owned())
    }

    #[test]
    fn what_nobody_knows_to_have_arrived_is_uncertain_until_its_consumer_has_done_with_it() {
        assert_eq!(of(Standing::Open, None), Absence::Uncertain);
        assert_eq!(of(Standing::Open, Some("parked")), Absence::Uncertain);
        assert_eq!(of(Standing::Open, Some("applied")), lost("was applied, and its row is gone"));
    }

    #[test]
    fn only_what_is_nowhere_or_parked_may_still_come() {
        let acknowledged = |state| of(Standing::Acknowledged, state);
        assert_eq!(acknowledged(None), late("is nowhere"));
        assert_eq!(acknowledged(Some("parked")), late("is parked"));
        assert_eq!(acknowledged(Some("discarded")), lost("was discarded"));
        assert_eq!(acknowledged(Some("stale")), lost("was applied, and its row is gone"));
        assert_eq!(of(Standing::Refused, None), lost("was refused"));
    }

    #[test]
    fn a_parked_event_is_named_with_what_it_waits_for_and_a_dead_letter_with_its_error() {
        let seen = Seen::of("parked", Some("user t-u-1"));
        let parked = absence(Standing::Acknowledged, None, Some(&seen));
        assert_eq!(parked, late("is parked, and waits for the user t-u-1"));
        let (letter, seen) = (Letter::of("open"), Seen::of("dead_lettered", None));
        assert_eq!(absence(Standing::Open, Some(&letter), Some(&seen)), lost("is a dead letter: class: why"));
    }
}
