//! Events of a shop.

use events::{
    Data, DecodeError, Event, EventType, InventoryAdjusted, OrderItem, OrderItems, OrderPlaced, PaymentSettled,
    PaymentStatus, Text, Whole,
};
use serde_json::{Value, json};

use crate::campus::enveloped;
use crate::read;

/// Every type of the shop. They have no field that may be absent.
pub fn shop() -> Vec<(EventType, Event, Value)> {
    let line = |sku: &str, quantity, unit_price| OrderItem {
        sku: sku.parse().unwrap(),
        quantity: Whole::new(quantity).unwrap(),
        unit_price: Whole::new(unit_price).unwrap(),
    };
    let placed = |currency: &str, lines| {
        Data::OrderPlaced(OrderPlaced {
            order_id: "o-1".parse().unwrap(),
            user_id: "u-1".parse().unwrap(),
            items: OrderItems::new(lines).unwrap(),
            currency: currency.parse().unwrap(),
        })
    };
    let settled = |amount, currency: &str, status| {
        Data::PaymentSettled(PaymentSettled {
            payment_id: "p-1".parse().unwrap(),
            order_id: "o-1".parse().unwrap(),
            amount: Whole::new(amount).unwrap(),
            currency: currency.parse().unwrap(),
            status,
        })
    };
    let adjusted = |delta, reason: &str| {
        Data::InventoryAdjusted(InventoryAdjusted {
            adjustment_id: "a-1".parse().unwrap(),
            sku: "mug.blue".parse().unwrap(),
            delta: Whole::new(delta).unwrap(),
            reason: Text::new(reason).unwrap(),
        })
    };
    let cases = [
        (
            placed("EUR", vec![line("mug.blue", 2, 1250), line("card", 1, 0)]),
            json!({"orderId": "o-1", "userId": "u-1", "currency": "EUR", "items": [
                {"sku": "mug.blue", "quantity": 2, "unitPrice": 1250},
                {"sku": "card", "quantity": 1, "unitPrice": 0},
            ]}),
        ),
        (
            placed("KWD", vec![line("mug.blue", 1, i64::MAX)]),
            json!({"orderId": "o-1", "userId": "u-1", "currency": "KWD", "items": [
                {"sku": "mug.blue", "quantity": 1, "unitPrice": 9_223_372_036_854_775_807_i64},
            ]}),
        ),
        (
            settled(2500, "EUR", PaymentStatus::Settled),
            json!({"paymentId": "p-1", "orderId": "o-1", "amount": 2500, "currency": "EUR", "status": "settled"}),
        ),
        (
            settled(1, "JPY", PaymentStatus::Failed),
            json!({"paymentId": "p-1", "orderId": "o-1", "amount": 1, "currency": "JPY", "status": "failed"}),
        ),
        (
            settled(i64::MAX, "EUR", PaymentStatus::Refunded),
            json!({"paymentId": "p-1", "orderId": "o-1", "amount": i64::MAX, "currency": "EUR", "status": "refunded"}),
        ),
        (
            adjusted(-2_147_483_648, "order o-1"),
            json!({"adjustmentId": "a-1", "sku": "mug.blue", "delta": -2_147_483_648_i64, "reason": "order o-1"}),
        ),
        (
            adjusted(40, "delivery"),
            json!({"adjustmentId": "a-1", "sku": "mug.blue", "delta": 40, "reason": "delivery"}),
        ),
    ];
    cases.into_iter().map(enveloped).collect()
}

#[test]
fn what_no_order_payment_or_adjustment_can_say_is_refused_with_its_place() {
    let edit = |event_type: &str, path: &str, value: Value| {
        let (_, _, mut json) = shop().into_iter().find(|(of, ..)| of.name() == event_type).unwrap();
        *json.pointer_mut(&format!("/data/{path}")).unwrap() = value;
        json
    };
    let line = |quantity: Value, price: Value| json!([{"sku": "mug.blue", "quantity": quantity, "unitPrice": price}]);
    let least_price = json!(i64::MAX / 2 + 1);
    for (event_type, path, value, place) in [
        ("order.placed", "items", json!([]), "items"),
        ("order.placed", "items", line(json!(0), json!(1)), "items[0].quantity"),
        ("order.placed", "items", line(json!(-1), json!(1)), "items[0].quantity"),
        ("order.placed", "items", line(json!(2_147_483_648_i64), json!(1)), "items[0].quantity"),
        ("order.placed", "items", line(json!(1), json!(-1)), "items[0].unitPrice"),
        ("order.placed", "items", line(json!(1), json!(12.5)), "items[0].unitPrice"),
        ("order.placed", "items", line(json!(1), json!(12.0)), "items[0].unitPrice"),
        ("order.placed", "items", line(json!(1), json!(9_223_372_036_854_775_808_u64)), "items[0].unitPrice"),
        ("order.placed", "items", line(json!(2), least_price), "items"),
        ("order.placed", "items", json!([{"sku": "mug.blue", "quantity": 1}]), "items[0].unitPrice"),
        ("order.placed", "orderId", json!("o/1"), "orderId"),
        ("order.placed", "userId", json!("ada@example.com"), "userId"),
        ("order.placed", "currency", json!("eur"), "currency"),
        ("order.placed", "currency", json!("XXX"), "currency"),
        ("payment.settled", "amount", json!(0), "amount"),
        ("payment.settled", "amount", json!(-5), "amount"),
        ("payment.settled", "amount", json!("5"), "amount"),
        ("payment.settled", "amount", json!(1e3), "amount"),
        ("payment.settled", "status", json!("paid"), "status"),
        ("payment.settled", "status", json!("Settled"), "status"),
        ("inventory.adjusted", "delta", json!(0.5), "delta"),
        ("inventory.adjusted", "delta", json!(2_147_483_648_i64), "delta"),
        ("inventory.adjusted", "sku", json!("mug blue"), "sku"),
        ("inventory.adjusted", "reason", json!("x".repeat(257)), "reason"),
    ] {
        let json = edit(event_type, path, value);
        let error = read(&json).expect_err(&json.to_string()).error;
        let DecodeError::Data { path, .. } = &error else { panic!("{error}") };
        assert_eq!(&**path, place, "{json}: {error}");
    }
}
