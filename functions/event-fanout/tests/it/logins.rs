//! The history, and what follows from it.

use events::{AuthAction, AuthStatus, Event};
use serde_json::json;
use testkit::user_auth;

use crate::world::{World, at};

const FAILED: (AuthAction, AuthStatus) = (AuthAction::Login, AuthStatus::Failure);
const SUCCEEDED: (AuthAction, AuthStatus) = (AuthAction::Login, AuthStatus::Success);

fn auth((action, status): (AuthAction, AuthStatus), minutes: i64) -> Event {
    at(minutes, user_auth("u-1", action, status))
}

#[tokio::test]
async fn failed_logins_are_counted_since_the_last_that_succeeded_and_nothing_else_is() {
    for together in [true, false] {
        let world = World::new().await;
        world.register(0, "u-1", "one@example.com").await;
        let events = [
            auth(FAILED, 0),
            auth(SUCCEEDED, 1),
            auth(FAILED, 2),
            auth((AuthAction::Logout, AuthStatus::Success), 3),
            auth((AuthAction::PasswordChanged, AuthStatus::Failure), 3),
            auth(FAILED, 3),
        ];
        for events in events.chunks(if together { 6 } else { 1 }) {
            let offset = 1 + i64::try_from(world.texts("select event_id from user_auth_events").await.len()).unwrap();
            world.tell(offset, events).await;
        }
        let user = world.user("u-1").await;
        assert_eq!((&user["failed_logins"], &user["last_login_at"]), (&json!(2), &json!("2026-11-21T09:31:00+00:00")));
        let history = world.texts("select event_id from user_auth_events order by auth_event_id").await;
        assert_eq!(history, events.map(|event| event.id.to_string()), "in the order of its events");
    }
}

#[tokio::test]
async fn the_last_login_is_the_latest_of_them_and_never_far_ahead_of_its_record() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.tell(1, &[auth(SUCCEEDED, 3), auth(SUCCEEDED, 1)]).await;
    assert_eq!(world.user("u-1").await["last_login_at"], json!("2026-11-21T09:33:00+00:00"));
    world.tell(3, &[auth(SUCCEEDED, 6000)]).await;
    assert_eq!(world.user("u-1").await["last_login_at"], json!("2026-11-21T09:33:00+00:00"));
    let claimed = world.texts("select max(occurred_at)::text from user_auth_events").await;
    assert_eq!(claimed, ["2026-11-25 13:30:00+00"]);
}

#[tokio::test]
async fn where_a_user_came_from_is_kept_in_the_history() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.tell(1, &[auth(SUCCEEDED, 0)]).await;
    let from = "select host(ip_address) || ' ' || user_agent from user_auth_events";
    assert_eq!(world.texts(from).await, ["192.0.2.77 Agent of the test"]);
}
