//! A database, the function on it, and all that stands there afterwards.

use std::time::Duration;

use consumer::{Outcomes, Payload};
use events::Event;
use order_consumer::OrderConsumer;
use serde_json::{Value, json};
use settings::Environment;
use testkit::{State, TestDatabase, read_state, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

pub use testkit::assert_same;

pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
pub const TOPIC: &str = "order.events";

pub struct World {
    pub database: TestDatabase,
    consumer: OrderConsumer,
}

impl World {
    /// One that knows the users `u-1` and `u-2`.
    pub async fn new() -> Self {
        let world = Self::without_users(TestDatabase::new().await);
        world.user("u-1").await;
        world.user("u-2").await;
        world
    }

    pub fn without_users(database: TestDatabase) -> Self {
        let consumer = start(&database, WAIT);
        Self { database, consumer }
    }

    /// Another environment of the function.
    pub fn consumer(&self) -> OrderConsumer {
        start(&self.database, WAIT)
    }

    /// A user, as `event-fanout` makes one.
    pub async fn user(&self, user_id: &str) {
        sqlx::query(
            "insert into users (user_id, user_type, email, email_key, registered_at)
             values ($1, 'student', $1 || '@example.com', $1 || '@example.com', now())",
        )
        .bind(user_id)
        .execute(&self.database.pool)
        .await
        .expect("a new user");
    }

    /// Delivers a batch, which must be applied.
    pub async fn deliver(&self, records: &[Value]) -> Outcomes {
        self.consumer.handle(payload(records), None, NOW).await.expect("the batch is applied")
    }

    /// The same, with these events as the records of partition 0, from this offset on.
    pub async fn tell(&self, offset: i64, events: &[Event]) -> Outcomes {
        self.deliver(&records(offset, events)).await
    }

    /// The tick that comes so many minutes later.
    pub async fn tick(&self, minutes: i64) -> Outcomes {
        tick(&self.consumer, minutes).await
    }

    pub async fn texts(&self, statement: &'static str) -> Vec<String> {
        sqlx::query_scalar(statement).fetch_all(&self.database.pool).await.expect("texts")
    }

    /// Of each order its total, what was paid and given back, and what that comes to.
    pub async fn orders(&self) -> Vec<String> {
        self.texts(
            "select order_id || ' ' || total || ' +' || settled || ' -' || refunded || ' ' || payment_status
             from orders order by order_id",
        )
        .await
    }

    /// How much there is of each article.
    pub async fn stock(&self) -> Vec<String> {
        self.texts("select sku || ' ' || quantity from inventory order by sku").await
    }

    /// Offset, class and reason of the dead letters.
    pub async fn letters(&self) -> Vec<String> {
        self.texts(
            "select record_offset || ' ' || error_class || ': ' || error from dead_letters order by partition, record_offset",
        )
        .await
    }

    /// What stands in the tables of the shop.
    pub async fn shop(&self) -> State {
        read_state(
            &self.database.pool,
            &[
                ("orders", "select to_jsonb(row) - 'recorded_at' from orders as row"),
                ("order_items", "select to_jsonb(row) from order_items as row"),
                ("payments", "select to_jsonb(row) - 'recorded_at' from payments as row"),
                ("inventory", "select to_jsonb(row) from inventory as row"),
                ("inventory_adjustments", "select to_jsonb(row) - 'recorded_at' from inventory_adjustments as row"),
            ],
        )
        .await
    }

    /// All that the function has written, but for its counts, and for what tells one run from another.
    pub async fn state(&self) -> State {
        let mut state = self.shop().await;
        state.extend(
            read_state(
                &self.database.pool,
                &[
                    ("inbox", "select to_jsonb(inbox) - 'record_offset' from inbox"),
                    ("dead_letters", "select to_jsonb(row) - 'dead_letter_id' - 'failed_at' from dead_letters as row"),
                    ("parked_events", "select to_jsonb(row) - 'parked_id' from parked_events as row"),
                    ("blocked_keys", "select to_jsonb(blocked_keys) from blocked_keys"),
                ],
            )
            .await,
        );
        state
    }
}

/// It waits for a connection as long as a test may take.
const WAIT: (&str, &str) = ("DATABASE_ACQUIRE_TIMEOUT_MS", "10000");

/// An environment with this setting.
pub fn start(database: &TestDatabase, setting: (&str, &str)) -> OrderConsumer {
    let url = database.url();
    let settings = [("DATABASE_URL", url.as_str()), setting];
    OrderConsumer::start(&settings.into_iter().collect::<Environment>()).expect("settings that are right")
}

/// The tick of this environment that comes so many minutes later.
pub async fn tick(consumer: &OrderConsumer, minutes: i64) -> Outcomes {
    let tick = serde_json::from_value(json!({"detail-type": "Scheduled Event"})).expect("a payload");
    let now = NOW + time::Duration::minutes(minutes);
    consumer.handle(tick, None, now).await.expect("the tick is carried out")
}

pub fn payload(records: &[Value]) -> Payload {
    serde_json::from_value(testkit::payload(records)).expect("a payload")
}

/// Records of partition 0, appended now, from this offset on.
pub fn records(offset: i64, events: &[Event]) -> Vec<Value> {
    (offset..).zip(events).map(|(offset, event)| testkit::record(TOPIC, 0, offset, NOW, event)).collect()
}

/// The event as of this many minutes from now.
pub fn at(minutes: i64, mut event: Event) -> Event {
    event.time = NOW + time::Duration::minutes(minutes);
    event
}

/// The same event in another currency.
pub fn in_currency(currency: &str, mut event: Event) -> Event {
    match &mut event.data {
        events::Data::OrderPlaced(order) => order.currency = currency.parse().expect("a currency"),
        events::Data::PaymentSettled(payment) => payment.currency = currency.parse().expect("a currency"),
        other => panic!("{other:?} has no currency"),
    }
    event
}

/// How long a batch has where the database is away.
pub const SHORT: Option<Duration> = Some(Duration::from_secs(2));
