//! A shop in memory: what its events come to, told one after another in the order in which they happened.

use std::collections::{BTreeMap, BTreeSet};

use events::{Data, Event, PaymentStatus};

/// What stands in the tables, as texts. No sum of a test is more than 128 bits hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shop {
    pub orders: Vec<String>,
    pub items: Vec<String>,
    pub payments: Vec<String>,
    pub stock: Vec<String>,
    /// Events that no order of arrival can make right.
    pub dead: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Order {
    currency: String,
    total: i128,
    settled: i128,
    refunded: i128,
}

impl Order {
    /// How what was paid compares with the total, said another way than the table says it.
    fn status(&self) -> &'static str {
        let paid = self.settled - self.refunded;
        match paid.cmp(&self.total) {
            _ if paid < 0 => "over_refunded",
            std::cmp::Ordering::Greater => "overpaid",
            std::cmp::Ordering::Equal => "paid",
            std::cmp::Ordering::Less if paid > 0 => "partially_paid",
            std::cmp::Ordering::Less if self.settled > 0 => "refunded",
            std::cmp::Ordering::Less => "unpaid",
        }
    }
}

impl Shop {
    /// What the events come to. Each is told once, orders before their payments.
    pub fn of(events: &[Event]) -> Self {
        let (mut shop, mut orders, mut stock) = (Self::default(), BTreeMap::new(), BTreeMap::new());
        for event in events {
            match &event.data {
                Data::OrderPlaced(placed) => {
                    let mut order = Order { currency: placed.currency.to_string(), ..Order::default() };
                    for (line, item) in (1..).zip(placed.items.lines()) {
                        order.total += i128::from(item.quantity.get()) * i128::from(item.unit_price.get());
                        let (sku, quantity, price) = (&item.sku, item.quantity, item.unit_price);
                        shop.items.push(format!("{} {line} {sku} {quantity} {price}", placed.order_id));
                    }
                    orders.insert(placed.order_id.to_string(), order);
                }
                Data::PaymentSettled(payment) => {
                    let order = orders.get_mut(payment.order_id.as_str()).expect("an order before its payments");
                    if order.currency != payment.currency.as_str() {
                        shop.dead.insert(event.id.to_string());
                        continue;
                    }
                    let amount = i128::from(payment.amount.get());
                    match payment.status {
                        PaymentStatus::Settled => order.settled += amount,
                        PaymentStatus::Refunded => order.refunded += amount,
                        PaymentStatus::Failed => {}
                    }
                    let (id, order_id, status) = (&payment.payment_id, &payment.order_id, payment.status.name());
                    shop.payments.push(format!("{id} {order_id} {amount} {status}"));
                }
                Data::InventoryAdjusted(adjustment) => {
                    let (quantity, adjustments) = stock.entry(adjustment.sku.to_string()).or_insert((0_i128, 0));
                    *quantity += i128::from(adjustment.delta.get());
                    *adjustments += 1;
                }
                other => panic!("{other:?} is no event of a shop"),
            }
        }
        shop.orders = orders
            .iter()
            .map(|(id, order)| {
                let Order { total, settled, refunded, .. } = order;
                format!("{id} {total} +{settled} -{refunded} {}", order.status())
            })
            .collect();
        shop.stock =
            stock.iter().map(|(sku, (quantity, adjustments))| format!("{sku} {quantity} {adjustments}")).collect();
        shop.items.sort();
        shop.payments.sort();
        shop
    }
}
