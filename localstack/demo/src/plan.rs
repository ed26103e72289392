//! What is sent, and what must be counted of it.

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use time::{Duration, OffsetDateTime};

use crate::visitors::{ARRIVALS, Arrival, BOTS, COUNTRIES, PEOPLE, Visitor};

/// Clicks of today's earlier hours, the oldest first: another producer delivers them.
const EARLIER: [usize; 11] = [5, 9, 14, 22, 18, 12, 20, 26, 15, 8, 11];
/// Visits over HTTP: of people, of bots, and those that only ask for the headers.
const VISITS: (usize, usize, usize) = (60, 14, 5);

/// Where the visitors come from of whom something special is expected; nobody else comes from there.
pub(crate) const TWICE: &str = "IS";
/// Requests that are no clicks.
pub(crate) const HEAD: &str = "FJ";
/// A click that the database refuses at first.
pub(crate) const REFUSED: &str = "AQ";
/// A click that comes through the outbox.
pub(crate) const OUTBOX: &str = "TV";
/// The last click of all that are compared in every breakdown. A code's records keep their order, so once it is counted all before it are done with.
pub(crate) const LAST: &str = "NZ";

/// One visit of the link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) visitor: &'static Visitor,
    /// Where the edge saw it come from, where the edge knows.
    pub(crate) country: Option<&'static str>,
    pub(crate) arrival: &'static Arrival,
}

/// All that the demo sends, in this order.
pub(crate) struct Plan {
    /// Clicks with their times, to be published to the topic.
    pub(crate) earlier: Vec<(OffsetDateTime, Visit)>,
    /// To be made over HTTP; `true` for those that only ask for the headers.
    pub(crate) visits: Vec<(bool, Visit)>,
    /// A click with its time, to be published twice.
    pub(crate) twice: (OffsetDateTime, Visit),
    /// To be made over HTTP after all of these.
    pub(crate) last: Visit,
    /// A click with its time, to be published while the database refuses it; only its country is compared.
    pub(crate) refused: (OffsetDateTime, Visit),
    /// A click with its time, to be written to the outbox; only its country is compared.
    pub(crate) outbox: (OffsetDateTime, Visit),
    /// Beginning of the hour in which the demo starts.
    pub(crate) hour: OffsetDateTime,
}

/// What is expected of the statistics, and what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) people: u64,
    pub(crate) bots: u64,
    /// People and bots.
    pub(crate) countries: BTreeMap<String, u64>,
    /// People alone, as the statistics have it.
    pub(crate) devices: BTreeMap<String, u64>,
    /// People alone, as the statistics have it.
    pub(crate) sources: BTreeMap<String, u64>,
    /// People and bots. All that came after the start counts in the hour of the start.
    pub(crate) hours: BTreeMap<OffsetDateTime, u64>,
    pub(crate) dead_letters: u64,
}

impl Plan {
    /// The same visits at each run, around `now`.
    pub(crate) fn new(now: OffsetDateTime) -> Self {
        let random = &mut StdRng::seed_from_u64(2026);
        let hour = hour_of(now);
        let mut earlier = Vec::new();
        for (hours, clicks) in (1..).zip(EARLIER.iter().rev()) {
            for click in 0..*clicks {
                // Evenly over the hour, each with some bots.
                let minutes = i64::try_from(60 * click / clicks).unwrap_or_default();
                let who = if click % 4 == 3 { &BOTS[..] } else { &PEOPLE[..] };
                earlier.push((hour - Duration::hours(hours) + Duration::minutes(minutes), visit(who, random)));
            }
        }
        let mut visits: Vec<_> = (0..VISITS.0).map(|_| (false, visit(&PEOPLE, random))).collect();
        visits.extend((0..VISITS.1).map(|_| (false, visit(&BOTS, random))));
        visits.extend((0..VISITS.2).map(|_| (true, Visit { country: Some(HEAD), ..visit(&BOTS, random) })));
        visits.shuffle(random);
        let twice = (hour - Duration::minutes(90), Visit { country: Some(TWICE), ..visit(&PEOPLE, random) });
        let last = Visit { country: Some(LAST), ..visit(&PEOPLE, random) };
        let refused = (now, Visit { country: Some(REFUSED), ..visit(&PEOPLE, random) });
        let outbox = (now, Visit { country: Some(OUTBOX), ..visit(&PEOPLE, random) });
        Self { earlier, visits, twice, last, refused, outbox, hour }
    }

    /// What must be counted when everything up to the last has arrived: each click once, and the malformed record as a dead letter.
    pub(crate) fn expected(&self) -> Counts {
        let mut counts = Counts { dead_letters: 1, ..Counts::default() };
        for (time, visit) in self.earlier.iter().chain([&self.twice]) {
            counts.add(visit, hour_of(*time));
        }
        for (_, visit) in self.visits.iter().filter(|(head, _)| !head) {
            counts.add(visit, self.hour);
        }
        counts.add(&self.last, self.hour);
        counts
    }
}

impl Counts {
    fn add(&mut self, visit: &Visit, hour: OffsetDateTime) {
        let one = |map: &mut BTreeMap<String, u64>, name: &str| *map.entry(name.to_owned()).or_default() += 1;
        one(&mut self.countries, visit.country.unwrap_or("unknown"));
        *self.hours.entry(hour).or_default() += 1;
        if let Some(device) = visit.visitor.device {
            self.people += 1;
            one(&mut self.devices, device);
            one(&mut self.sources, visit.arrival.source);
        } else {
            self.bots += 1;
        }
    }
}

/// The beginning of the hour of a time.
pub(crate) fn hour_of(time: OffsetDateTime) -> OffsetDateTime {
    time - Duration::new(time.unix_timestamp().rem_euclid(3600), i32::try_from(time.nanosecond()).unwrap_or_default())
}

fn visit(who: &'static [Visitor], random: &mut StdRng) -> Visit {
    Visit {
        visitor: who.choose(random).expect("somebody"),
        country: *COUNTRIES.choose(random).expect("a country"),
        arrival: ARRIVALS.choose(random).expect("a way"),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 00:12:34.5 UTC);

    #[test]
    fn every_breakdown_adds_up_to_what_is_sent() {
        let plan = Plan::new(NOW);
        let expected = plan.expected();
        let clicks = plan.visits.iter().filter(|(head, _)| !head).count() + plan.earlier.len() + 2;
        assert_eq!(expected.people + expected.bots, clicks as u64);
        assert_eq!(expected.countries.values().sum::<u64>(), clicks as u64);
        assert_eq!(expected.hours.values().sum::<u64>(), clicks as u64);
        assert_eq!(expected.devices.values().sum::<u64>(), expected.people);
        assert_eq!(expected.sources.values().sum::<u64>(), expected.people);
    }

    #[test]
    fn a_plan_is_the_same_at_each_run_and_leaves_nothing_out() {
        let expected = Plan::new(NOW).expected();
        assert_eq!(expected, Plan::new(NOW).expected());
        assert_eq!(expected.devices.len(), 4, "{:?}", expected.devices);
        assert_eq!(expected.sources.len(), 6, "{:?}", expected.sources);
        // All twelve hours, across midnight.
        assert_eq!(expected.hours.len(), 12);
        assert_eq!(expected.hours.keys().next(), Some(&datetime!(2026-11-20 13:00 UTC)));
    }

    #[test]
    fn nobody_else_comes_from_where_the_special_ones_come_from() {
        let expected = Plan::new(NOW).expected();
        assert_eq!(expected.countries[TWICE], 1);
        assert_eq!(expected.countries[LAST], 1);
        for later in [HEAD, REFUSED, OUTBOX] {
            assert_eq!(expected.countries.get(later), None);
        }
    }
}
