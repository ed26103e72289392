//! A person who was erased stays so, whatever comes late.

use consumer::Outcomes;
use events::{AuthAction, AuthStatus};
use serde_json::json;
use testkit::{user_auth, user_registered, user_updated};

use crate::world::{World, at};

#[tokio::test]
async fn late_events_of_an_erased_user_are_stale_and_do_not_bring_them_back() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.erase("u-1").await;
    let erased = world.user("u-1").await;
    let late = [
        at(60, user_registered("u-1", "one@example.com")),
        at(61, user_updated("u-1", &[("email", "new@example.com"), ("displayName", "One")])),
        at(62, user_updated("u-1", &[("phone", "1")])),
        at(63, user_auth("u-1", AuthAction::Login, AuthStatus::Failure)),
        at(64, user_auth("u-1", AuthAction::Login, AuthStatus::Success)),
    ];
    assert_eq!(world.tell(1, &late).await, Outcomes { stale: 5, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await, erased);
    assert!(world.texts("select event_id from user_auth_events").await.is_empty());
    let log = "select action from audit_log where is_stale order by seq";
    assert_eq!(world.texts(log).await.len(), 5, "that they came is on record");
}

#[tokio::test]
async fn erasing_frees_the_address() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.erase("u-1").await;
    world.register(1, "u-2", "One@example.com").await;
    assert_eq!(world.addresses().await, ["u-2 One@example.com"]);
}

#[tokio::test]
async fn what_waited_when_the_person_was_erased_is_stale_and_holds_nothing_up() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.erase("u-1").await;
    let outcomes = world
        .tell(1, &[user_updated("u-1", &[("displayName", "One")]), user_registered("u-2", "two@example.com")])
        .await;
    assert_eq!(outcomes, Outcomes { applied: 1, stale: 1, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await["display_name"], json!(null));
}
