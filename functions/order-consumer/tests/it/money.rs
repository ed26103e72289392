//! Sums that must be right: parts, refunds, other currencies, and the last of 64 bits.

use consumer::Outcomes;
use events::PaymentStatus::{Failed, Refunded, Settled};
use serde_json::{Value, json};
use testkit::{order_placed, payment_settled};

use crate::world::{NOW, TOPIC, World, in_currency};

#[tokio::test]
async fn partial_payments_and_refunds_add_up_step_by_step() {
    let world = World::new().await;
    world.tell(0, &[order_placed("o-1", "u-1", &[("mug", 1, 1000)])]).await;
    for (offset, (amount, status, expected)) in (1..).zip([
        (1000, Failed, "o-1 1000 +0 -0 unpaid"),
        (400, Settled, "o-1 1000 +400 -0 partially_paid"),
        (600, Settled, "o-1 1000 +1000 -0 paid"),
        (1, Settled, "o-1 1000 +1001 -0 overpaid"),
        (1, Refunded, "o-1 1000 +1001 -1 paid"),
        (500, Refunded, "o-1 1000 +1001 -501 partially_paid"),
        (500, Refunded, "o-1 1000 +1001 -1001 refunded"),
        (1, Refunded, "o-1 1000 +1001 -1002 over_refunded"),
        (1001, Settled, "o-1 1000 +2002 -1002 paid"),
    ]) {
        let payment = payment_settled(&format!("p-{offset}"), "o-1", amount, status);
        assert_eq!(world.tell(offset, &[payment]).await, Outcomes { applied: 1, ..Outcomes::default() });
        assert_eq!(world.orders().await, [expected]);
    }
    assert!(world.letters().await.is_empty());
}

#[tokio::test]
async fn a_refund_beyond_what_was_paid_and_a_payment_beyond_the_total_are_facts_in_any_order() {
    let told = [
        order_placed("o-1", "u-1", &[("mug", 1, 1000)]),
        payment_settled("p-1", "o-1", 300, Refunded),
        payment_settled("p-2", "o-1", 1500, Settled),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let world = World::new().await;
        for (offset, place) in (0..).zip(order) {
            world.tell(offset, &[told[place].clone()]).await;
        }
        assert_eq!(world.orders().await, ["o-1 1000 +1500 -300 overpaid"], "{order:?}");
        assert!(world.letters().await.is_empty());
    }
}

#[tokio::test]
async fn a_payment_in_another_currency_is_a_dead_letter_whatever_came_first() {
    let order = order_placed("o-1", "u-1", &[("mug", 1, 1000)]);
    let right = payment_settled("p-1", "o-1", 1000, Settled);
    let wrong = in_currency("SEK", payment_settled("p-1", "o-1", 1000, Settled));
    let letter = "other-currency: the payment is in SEK, and the order o-1 in EUR";
    for (told, offset) in [
        ([&order, &wrong, &right], 1),
        ([&order, &right, &wrong], 2),
        ([&wrong, &order, &right], 0),
        ([&wrong, &right, &order], 0),
    ] {
        let (together, singly) = (World::new().await, World::new().await);
        let told = told.map(Clone::clone);
        together.tell(0, &told).await;
        for (offset, event) in (0..).zip(&told) {
            singly.tell(offset, std::slice::from_ref(event)).await;
        }
        for world in [together, singly] {
            assert_eq!(world.letters().await, [format!("{offset} {letter}")]);
            assert_eq!(world.orders().await, ["o-1 1000 +1000 -0 paid"]);
        }
    }
}

#[tokio::test]
async fn money_is_exact_to_the_last_of_64_bits_and_sums_beyond_them() {
    let (world, largest) = (World::new().await, i64::MAX);
    let told = [
        order_placed("o-1", "u-1", &[("mug", 1, largest - 1), ("card", 1, 1)]),
        payment_settled("p-1", "o-1", largest - 1, Settled),
        payment_settled("p-2", "o-1", 1, Settled),
    ];
    assert_eq!(world.tell(0, &told).await.applied, 3);
    assert_eq!(world.orders().await, ["o-1 9223372036854775807 +9223372036854775807 -0 paid"]);
    let more = [
        payment_settled("p-3", "o-1", largest, Settled),
        payment_settled("p-4", "o-1", largest, Settled),
        payment_settled("p-5", "o-1", largest, Refunded),
    ];
    assert_eq!(world.tell(3, &more).await.applied, 3);
    assert_eq!(world.orders().await, ["o-1 9223372036854775807 +27670116110564327421 -9223372036854775807 overpaid"]);
    assert!(world.letters().await.is_empty());
}

/// A record of this type with these data.
fn raw(offset: i64, event_type: &str, data: &Value) -> Value {
    let value = json!({
        "specversion": "1.0", "id": format!("raw-{offset}"), "source": "/shop", "type": event_type,
        "time": "2026-11-21T09:30:00Z", "data": data,
    });
    testkit::raw_record(TOPIC, 0, offset, NOW, b"o-1", value.to_string().as_bytes())
}

#[tokio::test]
async fn money_is_never_a_float_nor_more_than_64_bits_hold() {
    let world = World::new().await;
    let order = |items: Value| json!({"orderId": "o-1", "userId": "u-1", "currency": "EUR", "items": items});
    let line = |quantity: Value, price: Value| json!({"sku": "mug", "quantity": quantity, "unitPrice": price});
    let payment = |amount: Value| json!({"paymentId": "p-1", "orderId": "o-1", "currency": "EUR", "status": "settled", "amount": amount});
    let batch = [
        raw(0, "order.placed", &order(json!([line(json!(1), json!(9.99))]))),
        raw(1, "order.placed", &order(json!([line(json!(1), json!(10.0))]))),
        raw(2, "order.placed", &order(json!([line(json!(1.0), json!(10))]))),
        raw(3, "order.placed", &order(json!([line(json!(1), json!("10"))]))),
        raw(4, "order.placed", &order(json!([line(json!(2), json!(i64::MAX / 2 + 1))]))),
        raw(5, "order.placed", &order(json!([line(json!(1), json!(i64::MAX)), line(json!(1), json!(1))]))),
        raw(6, "order.placed", &order(json!([line(json!(1), json!(u64::MAX))]))),
        raw(7, "payment.settled", &payment(json!(0.5))),
        raw(8, "payment.settled", &payment(json!(0))),
        raw(9, "payment.settled", &payment(json!(-1))),
        raw(10, "payment.settled", &payment(json!(u64::MAX))),
        // And two that are as they should be.
        raw(11, "order.placed", &order(json!([line(json!(1), json!(10))]))),
        raw(12, "payment.settled", &payment(json!(10))),
    ];
    assert_eq!(world.deliver(&batch).await, Outcomes { applied: 2, dead_lettered: 11, ..Outcomes::default() });
    let letters = world.letters().await;
    let wrong = ["unitPrice", "unitPrice", "quantity", "unitPrice", "items", "items", "unitPrice"];
    for (letter, field) in letters.iter().zip(wrong.into_iter().chain(["amount"; 4])) {
        assert!(letter.contains("invalid-data") && letter.contains(field), "{field}: {letter}");
    }
    assert_eq!(world.orders().await, ["o-1 10 +10 -0 paid"]);
}
