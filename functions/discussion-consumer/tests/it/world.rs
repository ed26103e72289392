//! A database, the function on it, and all that stands there afterwards.

use consumer::{Outcomes, Payload};
use discussion_consumer::DiscussionConsumer;
use events::Event;
use serde_json::{Value, json};
use settings::Environment;
use testkit::{State, TestDatabase, read_state, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

pub use testkit::assert_same;

pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
pub const TOPIC: &str = "discussion.events";

pub struct World {
    pub database: TestDatabase,
    consumer: DiscussionConsumer,
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::new().await;
        let consumer = start(&database, WAIT);
        Self { database, consumer }
    }

    /// Another environment of the function.
    pub fn consumer(&self) -> DiscussionConsumer {
        start(&self.database, WAIT)
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

    /// Of each thread its course, title, sums and score, and whether it was deleted.
    pub async fn threads(&self) -> Vec<String> {
        self.texts(
            "select concat_ws(
                 ' ', thread_id, course_id, title, 'v' || views, 'c' || comments, '+' || up_votes, '-' || down_votes, '=' || score,
                 case when deleted_at is not null then 'deleted' end
             )
             from thread_aggregates order by thread_id",
        )
        .await
    }

    /// Of each period of a thread in which its sums changed by how much.
    pub async fn periods(&self) -> Vec<String> {
        self.texts(
            r#"select concat_ws(' ', thread_id, period, starts_on, 'v' || views, 'c' || comments, '+' || up_votes, '-' || down_votes)
                   collate "C" as line
               from thread_periods where (views, comments, up_votes, down_votes) <> (0, 0, 0, 0) order by line"#,
        )
        .await
    }

    /// Of each day of a course on which its sums changed by how much.
    pub async fn days(&self) -> Vec<String> {
        self.texts(
            r#"select concat_ws(
                   ' ', course_id, day, 't' || threads, 'v' || views, 'c' || comments, '+' || up_votes, '-' || down_votes
               ) collate "C" as line
               from course_days where (threads, views, comments, up_votes, down_votes) <> (0, 0, 0, 0, 0) order by line"#,
        )
        .await
    }

    /// When the last of all that happened to each thread was, but for views.
    pub async fn activity(&self) -> Vec<String> {
        self.texts(
            "select thread_id || to_char(last_activity_at at time zone 'UTC', ' YYYY-MM-DD HH24:MI')
             from thread_aggregates order by thread_id",
        )
        .await
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
                ("thread_aggregates", "select to_jsonb(row) - 'recorded_at' from thread_aggregates as row"),
                ("thread_activity", "select to_jsonb(row) - 'activity_id' from thread_activity as row"),
                ("thread_periods", "select to_jsonb(row) from thread_periods as row"),
                ("course_days", "select to_jsonb(row) from course_days as row"),
                ("inbox", "select to_jsonb(inbox) - 'record_offset' from inbox"),
                ("dead_letters", "select to_jsonb(row) - 'dead_letter_id' - 'failed_at' from dead_letters as row"),
                ("parked_events", "select to_jsonb(row) - 'parked_id' from parked_events as row"),
                ("blocked_keys", "select to_jsonb(blocked_keys) from blocked_keys"),
            ],
        )
        .await
    }
}

/// It waits for a connection as long as a test may take.
const WAIT: (&str, &str) = ("DATABASE_ACQUIRE_TIMEOUT_MS", "10000");

/// An environment with this setting.
pub fn start(database: &TestDatabase, setting: (&str, &str)) -> DiscussionConsumer {
    let url = database.url();
    let settings = [("DATABASE_URL", url.as_str()), setting];
    DiscussionConsumer::start(&settings.into_iter().collect::<Environment>()).expect("settings that are right")
}

/// The tick of this environment that comes so many minutes later.
pub async fn tick(consumer: &DiscussionConsumer, minutes: i64) -> Outcomes {
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

/// The same event as of another time.
pub fn at(time: OffsetDateTime, event: Event) -> Event {
    Event { time, ..event }
}
