//! What a shop tells is what consumers take.

use std::collections::{BTreeMap, BTreeSet};

use events::{Data, Event, PaymentStatus, Wire, decode};
use producer::{Deed, Shop};
use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;

const OPENED: OffsetDateTime = datetime!(2026-11-21 09:30:00.123456789 UTC);

fn history(seed: u64, count: usize) -> Vec<Event> {
    Shop::open(seed, "t", OPENED).flatten().take(count).collect()
}

/// Panics where something needs what was not told before it, or an id is there twice.
fn assert_coherent(history: &[Event]) {
    let (mut users, mut orders, mut ids) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    for event in history {
        assert!(ids.insert(event.id.to_string()), "{} is there twice", event.id);
        match &event.data {
            Data::UserRegistered(user) => assert!(users.insert(user.user_id.clone())),
            Data::UserUpdated(update) => assert!(users.contains(&update.user_id)),
            Data::OrderPlaced(order) => {
                assert!(users.contains(&order.user_id));
                assert!(orders.insert(order.order_id.clone(), order.currency).is_none());
            }
            Data::PaymentSettled(payment) => assert_eq!(orders.get(&payment.order_id), Some(&payment.currency)),
            Data::InventoryAdjusted(_) => {}
            other => panic!("no event of a shop: {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn who_orders_is_registered_and_what_is_paid_was_ordered(seed in any::<u64>()) {
        assert_coherent(&history(seed, 500));
    }

    #[test]
    fn every_event_reads_back_as_it_was_told(seed in any::<u64>()) {
        for event in history(seed, 200) {
            let value = event.to_structured_json();
            prop_assert_eq!(decode(Wire { value: &value, headers: &[] }).unwrap(), event);
        }
    }

    #[test]
    fn more_comes_back_of_no_order_than_was_paid(seed in any::<u64>()) {
        let mut paid = BTreeMap::new();
        for event in history(seed, 500) {
            let Data::PaymentSettled(payment) = event.data else { continue };
            let paid: &mut i64 = paid.entry(payment.order_id).or_default();
            match payment.status {
                PaymentStatus::Settled => *paid += payment.amount.get(),
                PaymentStatus::Refunded => *paid -= payment.amount.get(),
                PaymentStatus::Failed => {}
            }
            prop_assert!(*paid >= 0);
        }
    }
}

#[test]
fn a_history_has_everything_that_can_happen() {
    let names: BTreeSet<&str> = history(1, 500).iter().map(|event| event.event_type().name()).collect();
    let all = ["inventory.adjusted", "order.placed", "payment.settled", "user.registered", "user.updated"];
    assert_eq!(names, BTreeSet::from(all));
}

#[test]
fn a_deed_comes_with_what_it_needs_and_the_next_one_without() {
    let mut shop = Shop::open(1, "t", OPENED);
    let names = |events: Vec<Event>| events.iter().map(|event| event.event_type().name()).collect::<Vec<_>>();
    let first = names(shop.tell(Deed::Payment));
    assert_eq!((first.first(), first.last()), (Some(&"user.registered"), Some(&"payment.settled")));
    assert_eq!(names(shop.tell(Deed::Order)), ["order.placed"]);
    assert_eq!(names(shop.tell(Deed::Inventory)), ["inventory.adjusted"]);
}

#[test]
fn a_story_is_coherent_and_ends_with_money_back() {
    for seed in 0..50 {
        let mut shop = Shop::open(seed, "t", OPENED);
        let story: Vec<Event> = (0..3).flat_map(|_| shop.story()).collect();
        assert_coherent(&story);
        let Data::PaymentSettled(last) = &story.last().unwrap().data else { panic!("no payment") };
        assert_eq!(last.status, PaymentStatus::Refunded);
    }
}

#[test]
fn another_name_makes_other_ids() {
    let ids = |name: &str| Shop::open(1, name, OPENED).flatten().take(50).map(|event| event.key().to_owned()).collect();
    let (one, other): (BTreeSet<String>, BTreeSet<String>) = (ids("a"), ids("b"));
    assert!(one.is_disjoint(&other));
}
