//! Events of a shop: the same for the same hour.

use events::{
    Amount, Currency, Data, Delta, Event, InventoryAdjusted, OrderItem, OrderItems, OrderPlaced, PaymentSettled,
    PaymentStatus, Price, Quantity, Source, Text,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::{Duration, OffsetDateTime};
use uuid::Builder;

use crate::payload::{self, Payload};
use crate::stage::USER;

const ARTICLES: u32 = 2_000;

/// Batches of so many events, others for each hour: orders of the user who is there, each paid in two parts, and an article that goes out.
pub(crate) fn batches(hour: OffsetDateTime, count: u32, batch_size: u64) -> Vec<Payload> {
    let mut shop = Shop::of(hour);
    let events: Vec<Event> = (0..count).map(|nth| shop.event(nth)).collect();
    payload::all(&events, batch_size)
}

struct Shop {
    random: StdRng,
    hour: OffsetDateTime,
    /// What the order that was placed last comes to.
    total: i64,
}

impl Shop {
    fn of(hour: OffsetDateTime) -> Self {
        Self { random: StdRng::seed_from_u64(hour.unix_timestamp().unsigned_abs()), hour, total: 0 }
    }

    /// As `events-api` publishes it.
    fn event(&mut self, nth: u32) -> Event {
        let data = match nth % 4 {
            0 => self.placed(nth / 4),
            1 => self.paid(nth / 4, "deposit", self.total / 2),
            2 => self.paid(nth / 4, "rest", self.total - self.total / 2),
            _ => self.sold(nth / 4),
        };
        let time = self.hour + Duration::milliseconds(nth.into());
        let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000).expect("a time after 1970");
        Event {
            id: Builder::from_unix_timestamp_millis(millis, &self.random.random()).into_uuid().into(),
            source: Source::new("/shop").expect("a short text"),
            time,
            subject: Text::new(data.key()).ok(),
            sequence: None,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            data,
        }
    }

    fn placed(&mut self, order: u32) -> Data {
        let lines: Vec<OrderItem> = (0..self.random.random_range(1..=5)).map(|_| self.line()).collect();
        let items = OrderItems::new(lines).expect("few lines of little money");
        self.total = items.total();
        let order_id = self.id("o", order).parse().expect("an id");
        let user_id = USER.parse().expect("an id");
        Data::OrderPlaced(OrderPlaced { order_id, user_id, items, currency: euro() })
    }

    fn line(&mut self) -> OrderItem {
        OrderItem {
            sku: self.article().parse().expect("an id"),
            quantity: Quantity::new(self.random.random_range(1..=5)).expect("a quantity"),
            unit_price: Price::new(self.random.random_range(100..=20_000)).expect("a price"),
        }
    }

    fn paid(&self, order: u32, part: &str, amount: i64) -> Data {
        Data::PaymentSettled(PaymentSettled {
            payment_id: self.id(part, order).parse().expect("an id"),
            order_id: self.id("o", order).parse().expect("an id"),
            amount: Amount::new(amount).expect("some money"),
            currency: euro(),
            status: PaymentStatus::Settled,
        })
    }

    fn sold(&mut self, order: u32) -> Data {
        Data::InventoryAdjusted(InventoryAdjusted {
            adjustment_id: self.id("a", order).parse().expect("an id"),
            sku: self.article().parse().expect("an id"),
            delta: Delta::new(-self.random.random_range(1..=5)).expect("a small number"),
            reason: Text::new("sold").expect("a short text"),
        })
    }

    fn article(&mut self) -> String {
        format!("sku-{}", self.random.random_range(0..ARTICLES))
    }

    fn id(&self, kind: &str, number: u32) -> String {
        format!("{}-{kind}-{number}", self.hour.unix_timestamp())
    }
}

fn euro() -> Currency {
    "EUR".parse().expect("a currency")
}
