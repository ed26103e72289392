use std::collections::{BTreeMap, VecDeque};

use clap::Args;
use events::{Data, Event, OrderPlaced};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;

use crate::{Parcel, Rubbish, What};

/// So many events later at most comes what is out of order, and what comes a second time.
const WINDOW: u64 = 200;

/// What part of the events is troubled, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Args)]
pub struct Shares {
    /// What part of the events is sent a second time, with the same bytes
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub duplicates: f64,
    /// What part comes on top that can never take effect
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub rubbish: f64,
    /// What part is sent later than it should be
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub out_of_order: f64,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().map_err(|error| error.to_string())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("it is from 0 to 1, such as 0.02".to_owned()) }
}

/// Events as they travel: some twice, some late, with rubbish between them. A pure function of the events, the shares and the seed.
pub struct Mixture<I> {
    events: I,
    shares: Shares,
    random: StdRng,
    /// How many events came from the source.
    taken: u64,
    /// What is on its way, by when it is due and in which order it was held up.
    held: BTreeMap<(u64, u64), Parcel>,
    holds: u64,
    ready: VecDeque<Parcel>,
    /// The latest order that was sent at once, and when it was placed.
    latest: Option<(OffsetDateTime, OrderPlaced)>,
}

impl<I: Iterator<Item = Event>> Mixture<I> {
    /// Mixes these events.
    #[must_use]
    pub fn new(events: I, shares: Shares, seed: u64) -> Self {
        Self {
            events,
            shares,
            // Another one than that of the events: the same shop is there with other troubles.
            random: StdRng::seed_from_u64(!seed),
            taken: 0,
            held: BTreeMap::new(),
            holds: 0,
            ready: VecDeque::new(),
            latest: None,
        }
    }

    fn enter(&mut self, event: &Event) {
        self.taken += 1;
        let parcel = Parcel::of(event);
        let (is_late, is_twice, has_rubbish) = (
            self.random.random_bool(self.shares.out_of_order),
            self.random.random_bool(self.shares.duplicates),
            self.random.random_bool(self.shares.rubbish),
        );
        if is_twice {
            self.hold(Parcel { what: What::Duplicate, ..parcel.clone() });
        }
        if is_late {
            self.hold(parcel);
        } else {
            if let Data::OrderPlaced(order) = &event.data {
                self.latest = Some((event.time, order.clone()));
            }
            self.ready.push_back(parcel);
        }
        if has_rubbish {
            let order = self.latest.as_ref().map(|(_, order)| order);
            self.ready.push_back(Rubbish::any(&mut self.random, event, order));
        }
    }

    fn hold(&mut self, parcel: Parcel) {
        let due = self.taken + self.random.random_range(1..=WINDOW);
        self.held.insert((due, self.holds), parcel);
        self.holds += 1;
    }

    /// What is due now; in the end all that is left.
    fn release(&mut self, is_end: bool) {
        while let Some(first) = self.held.first_entry()
            && (is_end || first.key().0 <= self.taken)
        {
            self.ready.push_back(first.remove());
        }
    }
}

impl<I: Iterator<Item = Event>> Iterator for Mixture<I> {
    type Item = Parcel;

    fn next(&mut self) -> Option<Parcel> {
        while self.ready.is_empty() {
            let next = self.events.next();
            match &next {
                Some(event) => self.enter(event),
                None if self.held.is_empty() => return None,
                None => {}
            }
            self.release(next.is_none());
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::Shop;

    const OPENED: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

    fn mixed(seed: u64, shares: Shares, count: usize) -> Vec<Parcel> {
        Mixture::new(Shop::open(seed, "t", OPENED).flatten().take(count), shares, seed).collect()
    }

    fn shares() -> impl Strategy<Value = Shares> {
        (0.0..0.5_f64, 0.0..0.5_f64, 0.0..0.5_f64).prop_map(|(duplicates, rubbish, out_of_order)| Shares {
            duplicates,
            rubbish,
            out_of_order,
        })
    }

    fn values(parcels: &[Parcel], what: What) -> Vec<&[u8]> {
        parcels.iter().filter(|parcel| parcel.what == what).map(|parcel| parcel.value.as_slice()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn one_seed_makes_the_same_bytes_in_the_same_order(seed in any::<u64>(), shares in shares()) {
            prop_assert_eq!(mixed(seed, shares, 300), mixed(seed, shares, 300));
        }

        #[test]
        fn every_event_is_sent_whatever_troubles_come_with_it_and_a_duplicate_is_of_one_of_them(seed in any::<u64>(), shares in shares()) {
            let (plain, mixed) = (mixed(seed, Shares::default(), 300), mixed(seed, shares, 300));
            let told: BTreeSet<&[u8]> = values(&plain, What::Event).into_iter().collect();
            let sent = values(&mixed, What::Event);
            prop_assert_eq!(sent.len(), 300);
            prop_assert_eq!(&sent.into_iter().collect::<BTreeSet<_>>(), &told);
            prop_assert!(values(&mixed, What::Duplicate).iter().all(|value| told.contains(value)));
        }

        #[test]
        fn no_rubbish_is_like_another_and_what_contradicts_an_order_comes_behind_it(seed in any::<u64>()) {
            let mixed = mixed(seed, Shares { rubbish: 0.5, out_of_order: 0.2, duplicates: 0.2 }, 300);
            let is_rubbish = |parcel: &&Parcel| matches!(parcel.what, What::Rubbish(_));
            let rubbish: Vec<&Parcel> = mixed.iter().filter(is_rubbish).collect();
            let different: BTreeSet<&[u8]> = rubbish.iter().map(|parcel| parcel.value.as_slice()).collect();
            prop_assert_eq!(different.len(), rubbish.len());
            let mut keys = BTreeSet::new();
            for parcel in &mixed {
                if let What::Rubbish(kind) = parcel.what && kind.is_sound() {
                    prop_assert!(keys.contains(&parcel.key), "{:?} before its order", kind);
                }
                keys.insert(&parcel.key);
            }
        }
    }

    #[test]
    fn a_source_that_is_stopped_still_gives_all_that_was_held() {
        let (is_stopped, taken) = (Cell::new(false), Cell::new(0));
        let events = Shop::open(7, "t", OPENED).flatten().take_while(|_| !is_stopped.get());
        let events = events.inspect(|_| taken.set(taken.get() + 1));
        let mut mixture = Mixture::new(events, Shares { out_of_order: 0.5, ..Shares::default() }, 7);
        let before = mixture.by_ref().take(100).count();
        is_stopped.set(true);
        let after = mixture.count();
        assert!(after > 20, "{after} were held");
        assert_eq!(before + after, taken.get());
    }

    #[test]
    fn shares_are_kept_to() {
        let mixed = mixed(7, Shares { duplicates: 0.02, rubbish: 0.01, out_of_order: 0.05 }, 20_000);
        let count = |is: fn(What) -> bool| mixed.iter().filter(|parcel| is(parcel.what)).count();
        assert!((300..500).contains(&count(|what| what == What::Duplicate)));
        assert!((120..280).contains(&count(|what| matches!(what, What::Rubbish(_)))));
    }

    #[test]
    fn a_share_is_from_nothing_to_all() {
        assert_eq!(share("0.02"), Ok(0.02));
        for text in ["-0.1", "1.1", "2%", "NaN"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
