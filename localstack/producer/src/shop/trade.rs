use events::{
    Amount, Currency, Data, Delta, Event, InventoryAdjusted, OrderId, OrderItem, OrderItems, OrderPlaced,
    PaymentSettled, PaymentStatus, Price, Quantity, UserId,
};
use rand::RngExt as _;

use super::{CURRENCIES, LATEST, Order, Shop, text};

/// What is ordered, paid, delivered and sold.
impl Shop {
    pub(super) fn place(&mut self) -> Event {
        let place = self.random.random_range(0..self.users.len());
        let user = self.users[place].id.clone();
        let cheapest = i64::from(self.random.random_ratio(49, 50));
        let (event, total) = self.order_of(user, cheapest);
        if let (Data::OrderPlaced(placed), 1..) = (&event.data, total) {
            self.orders.push(Order { id: placed.order_id.clone(), currency: placed.currency, total, paid: 0 });
        }
        event
    }

    /// An order of one to five lines, and what it comes to. With 0 for the cheapest, it is a gift.
    pub(super) fn order_of(&mut self, user_id: UserId, cheapest: i64) -> (Event, i64) {
        self.placed += 1;
        let order_id = format!("{}-o-{}", self.name, self.placed).parse().expect("an id");
        let lines: Vec<OrderItem> = (0..self.random.random_range(1..=5)).map(|_| self.line(cheapest)).collect();
        let items = OrderItems::new(lines).expect("few lines of little money");
        let (total, currency) = (items.total(), self.pick(&CURRENCIES).parse().expect("a currency"));
        (self.event(None, Data::OrderPlaced(OrderPlaced { order_id, user_id, items, currency })), total)
    }

    fn line(&mut self, cheapest: i64) -> OrderItem {
        let price = if cheapest == 0 { 0 } else { self.random.random_range(cheapest..=20_000) };
        OrderItem {
            sku: self.article().parse().expect("an id"),
            quantity: Quantity::new(self.random.random_range(1..=5)).expect("a quantity"),
            unit_price: Price::new(price).expect("a price"),
        }
    }

    /// Mostly all that is left to pay; now and then a part, too much, nothing, or money back.
    pub(super) fn pay(&mut self) -> Event {
        let place = self.orders.len() - 1 - self.random.random_range(0..self.orders.len().min(LATEST));
        let order = &mut self.orders[place];
        let (id, currency, left) = (order.id.clone(), order.currency, order.total - order.paid);
        if left <= 0 {
            let back = self.random.random_range(1..=order.paid);
            self.orders.swap_remove(place);
            return self.payment(id, currency, back, PaymentStatus::Refunded);
        }
        let (amount, status) = match self.random.random_range(0..100) {
            0..10 => (left, PaymentStatus::Failed),
            10..35 => (self.random.random_range(1..=left), PaymentStatus::Settled),
            35..37 => (left + self.random.random_range(1..=500), PaymentStatus::Settled),
            _ => (left, PaymentStatus::Settled),
        };
        if status == PaymentStatus::Settled {
            order.paid += amount;
            if order.paid >= order.total && self.random.random_ratio(7, 8) {
                self.orders.swap_remove(place);
            }
        }
        self.payment(id, currency, amount, status)
    }

    pub(super) fn payment(
        &mut self,
        order_id: OrderId,
        currency: Currency,
        amount: i64,
        status: PaymentStatus,
    ) -> Event {
        self.payments += 1;
        let payment_id = format!("{}-p-{}", self.name, self.payments).parse().expect("an id");
        let amount = Amount::new(amount).expect("some money");
        self.event(None, Data::PaymentSettled(PaymentSettled { payment_id, order_id, amount, currency, status }))
    }

    pub(super) fn adjust(&mut self) -> Event {
        let article = self.article();
        match self.random.random_range(0..10) {
            0..5 => {
                let delivered = self.random.random_range(10..=500);
                self.adjustment(&article, delivered, "delivery")
            }
            5..9 => {
                let sold = self.random.random_range(1..=60);
                self.adjustment(&article, -sold, "sold")
            }
            _ => {
                let found = self.random.random_range(-20..=20);
                self.adjustment(&article, found, "recount")
            }
        }
    }

    pub(super) fn adjustment(&mut self, sku: &str, delta: i64, reason: &str) -> Event {
        self.adjustments += 1;
        let adjustment_id = format!("{}-a-{}", self.name, self.adjustments).parse().expect("an id");
        let sku = sku.parse().expect("an id");
        let delta = Delta::new(delta).expect("a small number");
        self.event(None, Data::InventoryAdjusted(InventoryAdjusted { adjustment_id, sku, delta, reason: text(reason) }))
    }
}
