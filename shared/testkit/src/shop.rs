use std::str::FromStr;

use events::{
    Data, Event, InventoryAdjusted, OrderItem, OrderItems, OrderPlaced, PaymentSettled, PaymentStatus, Whole,
};

use crate::users::{event, text};

/// A user ordered this: of each line the article, how many of it, and what one costs in cents of a euro. As of the others below, each
/// has an event id of its own and one time.
#[must_use]
pub fn order_placed(order_id: &str, user_id: &str, lines: &[(&str, i64, i64)]) -> Event {
    let line = |(sku, quantity, unit_price): &(&str, i64, i64)| OrderItem {
        sku: parsed(sku),
        quantity: whole(*quantity),
        unit_price: whole(*unit_price),
    };
    event(Data::OrderPlaced(OrderPlaced {
        order_id: parsed(order_id),
        user_id: parsed(user_id),
        items: OrderItems::new(lines.iter().map(line).collect()).expect("lines of an order"),
        currency: parsed("EUR"),
    }))
}

/// So many cents were paid for an order, or not, or given back.
#[must_use]
pub fn payment_settled(payment_id: &str, order_id: &str, amount: i64, status: PaymentStatus) -> Event {
    event(Data::PaymentSettled(PaymentSettled {
        payment_id: parsed(payment_id),
        order_id: parsed(order_id),
        amount: whole(amount),
        currency: parsed("EUR"),
        status,
    }))
}

/// There are so many more of an article, or fewer.
#[must_use]
pub fn inventory_adjusted(adjustment_id: &str, sku: &str, delta: i64) -> Event {
    event(Data::InventoryAdjusted(InventoryAdjusted {
        adjustment_id: parsed(adjustment_id),
        sku: parsed(sku),
        delta: whole(delta),
        reason: text("recount"),
    }))
}

pub(crate) fn parsed<T: FromStr>(text: &str) -> T {
    text.parse().ok().expect("a text of this type")
}

fn whole<const MIN: i64, const MAX: i64>(number: i64) -> Whole<MIN, MAX> {
    Whole::new(number).expect("a number in its range")
}
