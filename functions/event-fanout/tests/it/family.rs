//! What every consumer must stand.

use std::time::Duration;

use consumer::Outcomes;
use events::{AuthAction, AuthStatus, Event};
use serde_json::{Value, json};
use stack::postgres::Server;
use testkit::{TestDatabase, eventually, system_audit, user_auth, user_registered, user_updated};

use crate::world::{NOW, TOPIC, World, assert_same, at, payload, records, start};

/// Users who register, change and log in; one of the events is stale.
fn story() -> Vec<Event> {
    vec![
        user_registered("u-1", "one@example.com"),
        user_registered("u-2", "two@example.com"),
        at(2, user_updated("u-1", &[("displayName", "One"), ("userType", "teacher")])),
        user_auth("u-1", AuthAction::Login, AuthStatus::Failure),
        at(1, user_updated("u-1", &[("displayName", "Old")])),
        user_auth("u-2", AuthAction::Login, AuthStatus::Success),
        at(1, user_updated("u-2", &[("email", "second@example.com"), ("phone", "1")])),
        user_auth("u-1", AuthAction::PasswordChanged, AuthStatus::Success),
        system_audit("u-1", "create", "keys/k1"),
    ]
}

const TOLD: Outcomes = Outcomes { applied: 8, stale: 1, duplicates: 0, parked: 0, dead_lettered: 0, skipped: 0 };

fn garbage(offset: i64) -> Value {
    testkit::raw_record(TOPIC, 0, offset, NOW, b"u-1", b"{\"half\":")
}

fn wrong_type(offset: i64) -> Value {
    testkit::record(TOPIC, 0, offset, NOW, &testkit::click_event("abc"))
}

#[tokio::test]
async fn a_user_event_reaches_the_directory_the_history_and_the_audit_log() {
    let world = World::new().await;
    assert_eq!(world.tell(0, &story()).await, TOLD);
    assert_eq!(world.addresses().await, ["u-1 one@example.com", "u-2 second@example.com"]);
    let user = world.user("u-1").await;
    assert_eq!((&user["display_name"], &user["user_type"]), (&json!("One"), &json!("teacher")));
    assert_eq!((&user["failed_logins"], &user["last_login_at"]), (&json!(1), &json!(null)));
    assert_eq!(world.user("u-2").await["last_login_at"], json!("2026-11-21T09:30:00+00:00"));
    let history = "select user_id || ' ' || action || ' ' || status from user_auth_events order by auth_event_id";
    assert_eq!(world.texts(history).await, ["u-1 login failure", "u-2 login success", "u-1 password_changed success"]);
    let log = "select user_id || ' ' || action || case when is_stale then ' (stale)' else '' end from audit_log
               order by user_id, action, is_stale";
    assert_eq!(
        world.texts(log).await,
        [
            "u-1 create",
            "u-1 login",
            "u-1 password_changed",
            "u-1 registered",
            "u-1 updated",
            "u-1 updated (stale)",
            "u-2 login",
            "u-2 registered",
            "u-2 updated",
        ]
    );
}

/// The batch was committed, and the function died before it could answer: it comes again, to another environment.
#[tokio::test]
async fn a_batch_delivered_again_after_a_crash_between_commit_and_acknowledgement_changes_nothing() {
    let world = World::new().await;
    let mut batch = records(0, &story());
    batch.push(garbage(100));
    batch.extend(records(101, &[user_updated("u-9", &[("phone", "1")])]));
    let first = world.deliver(&batch).await;
    assert_eq!(first, Outcomes { parked: 1, dead_lettered: 1, ..TOLD });
    let state = world.state().await;
    assert_eq!(world.deliver(&batch).await, Outcomes { duplicates: 11, ..Outcomes::default() });
    assert_same(&world.state().await, &state);
}

#[tokio::test]
async fn an_event_twice_in_a_batch_and_at_another_offset_counts_once() {
    let world = World::new().await;
    let login = user_auth("u-1", AuthAction::Login, AuthStatus::Failure);
    let told = [user_registered("u-1", "one@example.com"), login.clone(), login.clone()];
    world.tell(0, &told).await;
    let again = world.tell(700, &told).await;
    assert_eq!(again, Outcomes { duplicates: 3, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await["failed_logins"], json!(1));
    assert_eq!(world.texts("select event_id from audit_log").await.len(), 2);
}

#[tokio::test]
async fn poison_first_in_the_middle_and_last_stops_no_other() {
    let (clean, story) = (World::new().await, story());
    clean.tell(0, &story).await;
    for poison in [garbage, wrong_type] {
        for place in [0, 4, 9] {
            let world = World::new().await;
            let mut batch = records(0, &story);
            batch.insert(place, poison(1000));
            // The events keep their order, and the poison comes where it stands.
            for (offset, record) in batch.iter_mut().enumerate() {
                record["offset"] = json!(offset);
            }
            assert_eq!(world.deliver(&batch).await, Outcomes { dead_lettered: 1, ..TOLD });
            let (mut state, expected) = (world.state().await, clean.state().await);
            assert_eq!(state.insert("dead_letters", Vec::new()).unwrap().len(), 1);
            state.get_mut("inbox").unwrap().retain(|row| !row.contains("dead_lettered"));
            assert_same(&state, &expected);
        }
    }
}

#[tokio::test]
async fn an_event_that_does_not_belong_on_the_topic_is_a_dead_letter_that_says_so() {
    let world = World::new().await;
    world.deliver(&[wrong_type(0)]).await;
    assert_eq!(
        world.letters().await,
        ["0 unexpected-type: events of the type link.clicked do not belong on this topic"]
    );
}

#[tokio::test]
async fn a_batch_that_meets_no_database_fails_and_is_applied_when_it_comes_again() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let (world, expected) = (World::on(database), World::new().await);
    expected.tell(0, &story()).await;
    let consumer = start(&world.database, "500");
    let (before, during) = story_in_two();
    consumer.handle(payload(&before), None, NOW).await.unwrap();

    server.kill();
    let short = Some(Duration::from_secs(2));
    consumer.handle(payload(&during), short, NOW).await.unwrap_err();
    server.restart().await.unwrap();
    let ask = || async { consumer.handle(payload(&during), short, NOW).await.ok() };
    let outcomes = eventually("the batch succeeds", Duration::from_secs(20), ask).await;
    assert_eq!(outcomes, Outcomes { applied: TOLD.applied - 2, ..TOLD });
    assert_eq!(world.addresses().await, expected.addresses().await);
    assert_eq!(world.texts("select event_id from audit_log").await.len(), story().len());
}

fn story_in_two() -> (Vec<Value>, Vec<Value>) {
    let mut records = records(0, &story());
    let during = records.split_off(2);
    (records, during)
}

#[tokio::test]
async fn what_comes_before_the_registration_waits_for_it_and_follows_in_order() {
    let waiting = [
        at(1, user_updated("u-1", &[("email", "new@example.com")])),
        user_auth("u-1", AuthAction::Login, AuthStatus::Failure),
        user_auth("u-1", AuthAction::Login, AuthStatus::Success),
        at(2, user_updated("u-1", &[("displayName", "One")])),
    ];
    let registration = [user_registered("u-1", "one@example.com")];
    let in_order = World::new().await;
    in_order.tell(0, &registration).await;
    in_order.tell(1, &waiting).await;

    let world = World::new().await;
    assert_eq!(world.tell(0, &waiting).await, Outcomes { parked: 4, ..Outcomes::default() });
    assert!(world.addresses().await.is_empty());
    assert!(world.texts("select event_id from audit_log").await.is_empty(), "what waits has not happened yet");
    assert_eq!(world.tell(4, &registration).await, Outcomes { applied: 5, ..Outcomes::default() });
    assert_same(&world.state().await, &in_order.state().await);
    assert_eq!(world.user("u-1").await["failed_logins"], json!(0));

    let together = World::new().await;
    let all: Vec<Event> = waiting.into_iter().chain(registration).collect();
    together.tell(0, &all).await;
    assert_same(&together.state().await, &in_order.state().await);
}

/// Other producers may write to the topic without a key: then nothing keeps an order, and nothing waits for another.
#[tokio::test]
async fn events_without_a_record_key_are_applied_and_one_that_waits_stops_no_other() {
    let world = World::new().await;
    let mut batch = records(
        0,
        &[
            at(2, user_updated("u-1", &[("displayName", "Two")])),
            at(1, user_updated("u-1", &[("displayName", "One")])),
            user_updated("u-2", &[("displayName", "Nobody")]),
            user_registered("u-1", "one@example.com"),
        ],
    );
    for record in &mut batch {
        record["key"] = Value::Null;
    }
    let outcomes = world.deliver(&batch).await;
    assert_eq!(outcomes, Outcomes { applied: 2, stale: 1, parked: 1, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await["display_name"], json!("Two"));
}
