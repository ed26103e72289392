//! What is left of a person who is erased, wherever events have brought them.

mod meanwhile;
mod reach;

use std::time::Duration;

use consumer::Outcomes;
use events::{AuthAction, AuthStatus, Event};
use serde_json::{Value, json};
use store::dead_letters;
use store::erasure::{Erased, Person};
use testkit::{raw_record, record, sqlx, system_audit, user_auth, user_updated};

use crate::world::{NOW, PLACES, TOPIC, World, at};

/// What is known of the person, and of nobody else.
const PERSONAL: [&str; 5] =
    ["Ada@example.com", "new-ada@example.com", "Ada Lovelace", "192.0.2.77", "Agent of the test"];

const PERSON: Person<'static> = Person { user_id: "u-1", places: &PLACES };

async fn erase(world: &World) -> Option<Erased> {
    let mut transaction = world.database.pool.begin().await.unwrap();
    let erased = store::erasure::erase(&mut transaction, &PERSON, NOW).await.unwrap();
    match erased {
        Some(_) => transaction.commit().await.unwrap(),
        None => transaction.rollback().await.unwrap(),
    }
    erased
}

/// A record that is no event, under this key.
fn rubbish(offset: i64, key: &str, value: &str) -> Value {
    raw_record(TOPIC, 0, offset, NOW, key.as_bytes(), value.as_bytes())
}

/// An event in binary mode whose attributes have the person alone.
fn binary(offset: i64) -> Value {
    let mut record = rubbish(offset, "no id", r#"{"email":"Ada@example.com"}"#);
    let header = |name: &str, value: &str| json!({ name: value.as_bytes() });
    record["headers"] = json!([
        header("ce_specversion", "1.0"),
        header("ce_id", "binary"),
        header("ce_source", "/test"),
        header("ce_type", "user.registered"),
        header("ce_subject", "u-1"),
        header("ce_dataschema", "urn:onceward:event:user.registered:1.0"),
        header("content-type", "application/json"),
    ]);
    record
}

fn renamed() -> Event {
    at(1, user_updated("u-1", &[("displayName", "Ada Lovelace"), ("email", "new-ada@example.com")]))
}

impl World {
    /// The number of the dead letter from this offset.
    async fn letter_at(&self, offset: i64) -> i64 {
        sqlx::query_scalar("select dead_letter_id from dead_letters where record_offset = $1")
            .bind(offset)
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    /// Waits until so many connections wait for a lock.
    async fn until_waiting(&self, connections: i64) {
        testkit::eventually("connections that wait for a lock", Duration::from_secs(10), async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&self.database.pool)
            .await
            .unwrap();
            (waiting == connections).then_some(())
        })
        .await;
    }
}

/// A user with a history, and with events that failed in every way.
async fn known_everywhere(world: &World) {
    world.register(0, "u-1", "Ada@example.com").await;
    world.register(1, "u-10", "other@example.com").await;
    let login = user_auth("u-1", AuthAction::Login, AuthStatus::Success);
    world.tell(2, &[renamed(), login, system_audit("u-1", "export", "reports/1")]).await;
    world
        .deliver(&[
            rubbish(10, "u-1", "Ada Lovelace, 192.0.2.77"),
            rubbish(11, "somebody", r#"{"userId":"u-1","email":"Ada@example.com"}"#),
            rubbish(12, "somebody", r#"{"userId":"\u0075-1","name":"Ada Lovelace"}"#),
            rubbish(13, "Ada@example.com", r#"{"userId":"u-1"}"#),
            binary(14),
            rubbish(15, "u-10", r#"{"userId":"u-10"}"#),
            rubbish(16, "a:u-1", r#"{"userId":"a:u-1"}"#),
        ])
        .await;
    // One that was sent on is not due yet, and holds up its key.
    let later = NOW + time::Duration::HOUR;
    let letter = world.letter_at(10).await;
    dead_letters::redrive(&mut world.database.pool.acquire().await.unwrap(), &[letter], later).await.unwrap();
    let behind = at(5, user_updated("u-1", &[("displayName", "Ada Lovelace")]));
    let someone = at(3, user_updated("u-404", &[("email", "u-1@example.com")])).to_structured_json();
    let mine = at(6, user_auth("u-1", AuthAction::Login, AuthStatus::Failure)).to_structured_json();
    let outcomes = world
        .deliver(&[
            record(TOPIC, 0, 20, NOW, &behind),
            raw_record(TOPIC, 0, 21, NOW, b"elsewhere", &someone),
            raw_record(TOPIC, 0, 22, NOW, b"elsewhere", &mine),
        ])
        .await;
    assert_eq!(outcomes, Outcomes { parked: 3, ..Outcomes::default() });
}

async fn parked(world: &World) -> Vec<String> {
    world
        .texts("select convert_from(key, 'UTF8') || ' ' || record_offset from parked_events order by record_offset")
        .await
}
