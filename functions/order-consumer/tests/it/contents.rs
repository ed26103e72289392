//! Another event of the same id: the first to arrive wins, and one that says something else is a dead letter that says what.

use consumer::Outcomes;
use events::Event;
use events::PaymentStatus::{Failed, Refunded, Settled};
use testkit::{inventory_adjusted, order_placed, payment_settled};

use crate::world::{World, assert_same, at, in_currency};

const REFUSED: Outcomes = Outcomes { applied: 0, stale: 0, duplicates: 0, parked: 0, dead_lettered: 1, skipped: 0 };

/// Events that agree with each other but for what is told beside.
fn first() -> Vec<Event> {
    vec![
        order_placed("o-1", "u-1", &[("mug", 2, 500), ("card", 1, 50)]),
        payment_settled("p-1", "o-1", 400, Settled),
        inventory_adjusted("a-1", "mug", 5),
    ]
}

fn others() -> Vec<(Event, &'static str)> {
    let order = |user: &str, lines: &[(&str, i64, i64)]| order_placed("o-1", user, lines);
    let mut renamed = inventory_adjusted("a-1", "mug", 5);
    if let events::Data::InventoryAdjusted(adjustment) = &mut renamed.data {
        adjustment.reason = events::Text::new("another").unwrap();
    }
    vec![
        (
            order("u-2", &[("mug", 2, 500), ("card", 1, 50)]),
            "order o-1 is there already, with another value of: userId",
        ),
        (
            in_currency("SEK", order("u-2", &[("mug", 2, 500), ("card", 1, 50)])),
            "order o-1 is there already, with another value of: userId, currency",
        ),
        (order("u-1", &[("mug", 2, 500)]), "order o-1 is there already, with another value of: items"),
        (
            order("u-1", &[("mug", 2, 500), ("card", 3, 50)]),
            "order o-1 is there already, with another value of: items[1].quantity",
        ),
        (
            order("u-1", &[("mug", 2, 501), ("card", 3, 50)]),
            "order o-1 is there already, with another value of: items[0].unitPrice",
        ),
        (payment_settled("p-1", "o-1", 401, Settled), "payment p-1 is there already, with another value of: amount"),
        (payment_settled("p-1", "o-1", 400, Failed), "payment p-1 is there already, with another value of: status"),
        (
            payment_settled("p-1", "o-1", 40, Refunded),
            "payment p-1 is there already, with another value of: amount, status",
        ),
        (inventory_adjusted("a-1", "mug", -5), "adjustment a-1 is there already, with another value of: delta"),
        (inventory_adjusted("a-1", "card", 4), "adjustment a-1 is there already, with another value of: sku, delta"),
        (renamed, "adjustment a-1 is there already, with another value of: reason"),
    ]
}

#[tokio::test]
async fn another_event_with_the_same_content_is_a_duplicate_whenever_it_comes() {
    let world = World::new().await;
    let later = first().into_iter().map(|event| at(5, event)).collect::<Vec<_>>();
    assert_eq!(world.tell(0, &first()).await.applied, 3);
    let shop = world.shop().await;
    assert_eq!(world.tell(10, &later).await, Outcomes { duplicates: 3, ..Outcomes::default() });
    assert_same(&world.shop().await, &shop);

    let together = World::new().await;
    let both: Vec<Event> = first().into_iter().chain(first()).collect();
    assert_eq!(together.tell(0, &both).await, Outcomes { applied: 3, duplicates: 3, ..Outcomes::default() });
    assert_eq!(together.orders().await, world.orders().await);
    assert_eq!(together.stock().await, world.stock().await);
}

#[tokio::test]
async fn one_with_other_content_is_a_dead_letter_that_names_the_fields() {
    let world = World::new().await;
    world.tell(0, &first()).await;
    let shop = world.shop().await;
    for (offset, (other, reason)) in (10..).zip(others()) {
        assert_eq!(world.tell(offset, &[other]).await, REFUSED, "{reason}");
        let letters = world.letters().await;
        assert_eq!(*letters.last().unwrap(), format!("{offset} other-content: the {reason}"));
    }
    assert_same(&world.shop().await, &shop);
}

#[tokio::test]
async fn of_two_contents_in_one_batch_the_first_wins() {
    for (other, reason) in others() {
        let world = World::new().await;
        let mut told = first();
        told.push(other);
        assert_eq!(world.tell(0, &told).await, Outcomes { applied: 3, ..REFUSED }, "{reason}");
        assert_eq!(world.letters().await, [format!("3 other-content: the {reason}")]);
        assert_eq!(world.orders().await, ["o-1 1050 +400 -0 partially_paid"]);
        assert_eq!(world.stock().await, ["mug 5"]);
    }
}

#[tokio::test]
async fn the_other_content_wins_where_it_comes_first() {
    let world = World::new().await;
    let (small, large) = (order_placed("o-1", "u-1", &[("mug", 1, 5)]), order_placed("o-1", "u-1", &[("mug", 9, 5)]));
    world.tell(0, &[large]).await;
    assert_eq!(world.tell(1, &[small]).await, REFUSED);
    assert_eq!(world.orders().await, ["o-1 45 +0 -0 unpaid"]);
}

/// Whether somebody waits for the order or not, and whether its user comes before the other content or after.
#[tokio::test]
async fn the_first_content_wins_where_a_payment_came_before_both() {
    for comes_before in [true, false] {
        let world = World::new().await;
        world.tell(0, &[payment_settled("p-1", "o-1", 5, Settled)]).await;
        world.tell(1, &[order_placed("o-1", "u-9", &[("mug", 1, 5)])]).await;
        if comes_before {
            world.user("u-9").await;
        }
        world.tell(2, &[order_placed("o-1", "u-1", &[("mug", 9, 5)])]).await;
        if !comes_before {
            world.user("u-9").await;
        }
        world.tick(2).await;
        assert_eq!(world.orders().await, ["o-1 5 +5 -0 paid"], "{comes_before}");
        let letters = world.letters().await;
        assert!(matches!(letters.as_slice(), [one] if one.starts_with("2 other-content")), "{letters:?}");
    }
}

/// A payment that names one order first and then another is that of the first.
#[tokio::test]
async fn a_payment_belongs_to_one_order_alone() {
    let world = World::new().await;
    let orders = [order_placed("o-1", "u-1", &[("mug", 1, 5)]), order_placed("o-2", "u-1", &[("mug", 1, 5)])];
    world.tell(0, &orders).await;
    let told = [payment_settled("p-1", "o-1", 5, Settled), payment_settled("p-1", "o-2", 5, Settled)];
    world.tell(2, &told).await;
    assert_eq!(
        world.letters().await,
        ["3 other-content: the payment p-1 is there already, with another value of: orderId"]
    );
    assert_eq!(world.orders().await, ["o-1 5 +5 -0 paid", "o-2 5 +0 -0 unpaid"]);
}
