//! A database, the function on it, and all that stands there afterwards.

use std::time::Duration;

use consumer::{Outcomes, Payload};
use event_fanout::EventFanout;
use events::Event;
use serde_json::Value;
use settings::Environment;
use store::erasure::{Person, Place, Waiting};
use testkit::{State, TestDatabase, read_state, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

pub use testkit::assert_same;

pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
pub const TOPIC: &str = "user.events";

/// Where events of this function may be about people.
pub const PLACES: [Place<'static>; 1] =
    [Place { consumer: "event-fanout", topics: &[TOPIC, "system.audit"], waiting: Waiting::Removed }];

pub struct World {
    pub database: TestDatabase,
    consumer: EventFanout,
}

impl World {
    pub async fn new() -> Self {
        Self::on(TestDatabase::new().await)
    }

    pub fn on(database: TestDatabase) -> Self {
        let consumer = start(&database, "10000");
        Self { database, consumer }
    }

    /// Another environment of the function.
    pub fn consumer(&self) -> EventFanout {
        start(&self.database, "10000")
    }

    /// Delivers a batch, which must be applied.
    pub async fn deliver(&self, records: &[Value]) -> Outcomes {
        self.consumer.handle(payload(records), None, NOW).await.expect("the batch is applied")
    }

    /// The same, with these events as the records of partition 0, from this offset on.
    pub async fn tell(&self, offset: i64, events: &[Event]) -> Outcomes {
        self.deliver(&records(offset, events)).await
    }

    /// A user with this address.
    pub async fn register(&self, offset: i64, user_id: &str, email: &str) {
        let outcomes = self.tell(offset, &[testkit::user_registered(user_id, email)]).await;
        assert_eq!(outcomes, Outcomes { applied: 1, ..Outcomes::default() });
    }

    /// Erases the person, as the read-api does.
    pub async fn erase(&self, user_id: &str) {
        let mut transaction = self.database.pool.begin().await.expect("a transaction");
        let person = Person { user_id, places: &PLACES };
        store::erasure::erase(&mut transaction, &person, NOW).await.expect("an erasure").expect("a user");
        transaction.commit().await.expect("a commit");
    }

    /// What stands of a user under this name.
    pub async fn user(&self, user_id: &str) -> Value {
        sqlx::query_scalar("select to_jsonb(users) from users where user_id = $1")
            .bind(user_id)
            .fetch_one(&self.database.pool)
            .await
            .expect("a user")
    }

    pub async fn texts(&self, statement: &'static str) -> Vec<String> {
        sqlx::query_scalar(statement).fetch_all(&self.database.pool).await.expect("texts")
    }

    /// Who has which address.
    pub async fn addresses(&self) -> Vec<String> {
        self.texts("select user_id || ' ' || email from users where erased_at is null order by user_id").await
    }

    /// Offset, class and reason of the dead letters.
    pub async fn letters(&self) -> Vec<String> {
        self.texts(
            "select record_offset || ' ' || error_class || ': ' || error from dead_letters order by partition, record_offset",
        )
        .await
    }

    /// All that the function has written, but for its counts, and for what tells one run from another.
    pub async fn state(&self) -> State {
        read_state(
            &self.database.pool,
            &[
                ("users", "select to_jsonb(users) from users"),
                (
                    "user_auth_events",
                    "select to_jsonb(row) - 'auth_event_id' - 'recorded_at' from user_auth_events as row",
                ),
                (
                    "audit_log",
                    "select to_jsonb(row) - 'seq' - 'hash' - 'previous_hash' - 'recorded_at' from audit_log as row",
                ),
                ("inbox", "select to_jsonb(inbox) - 'record_offset' from inbox"),
                ("dead_letters", "select to_jsonb(row) - 'dead_letter_id' - 'failed_at' from dead_letters as row"),
                ("parked_events", "select to_jsonb(row) - 'parked_id' from parked_events as row"),
                ("blocked_keys", "select to_jsonb(blocked_keys) from blocked_keys"),
            ],
        )
        .await
    }

    /// Waits until some connection waits for the lock of another.
    pub async fn until_one_waits_for_a_lock(&self) {
        testkit::eventually("a connection that waits for a lock", Duration::from_secs(10), async || {
            let waiting = "select pid::text from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock'";
            (!self.texts(waiting).await.is_empty()).then_some(())
        })
        .await;
    }
}

/// An environment that waits so many milliseconds for a connection.
pub fn start(database: &TestDatabase, wait: &str) -> EventFanout {
    let url = database.url();
    let settings = [("DATABASE_URL", url.as_str()), ("DATABASE_ACQUIRE_TIMEOUT_MS", wait)];
    EventFanout::start(&settings.into_iter().collect::<Environment>()).expect("settings that are right")
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

/// The event at this place of its source's order.
pub fn sequenced(sequence: &str, mut event: Event) -> Event {
    event.sequence = Some(events::Text::new(sequence).expect("a short text"));
    event
}
