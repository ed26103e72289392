use serde_json::json;
use testkit::sqlx;
use time::Duration;

use crate::world::{NOW, World};

#[tokio::test]
async fn a_user_is_shown_with_all_that_is_known() {
    let world = World::new().await;
    world.user("u-1", "Ada@example.com").await;
    let registered = json!({
        "userId": "u-1", "userType": "student", "email": "Ada@example.com", "displayName": null,
        "registeredAt": "2026-11-21T11:00:00.123456Z", "lastLoginAt": null, "failedLogins": 0, "erasedAt": null,
        "orders": [],
    });
    assert_eq!(world.must_get("/users/u-1").await, registered);
    sqlx::query("update users set display_name = 'Ada', last_login_at = registered_at, failed_logins = 2")
        .execute(&world.database.pool)
        .await
        .unwrap();
    let shown = world.must_get("/users/u-1").await;
    assert_eq!((&shown["displayName"], &shown["failedLogins"]), (&json!("Ada"), &json!(2)));
    assert_eq!(shown["lastLoginAt"], shown["registeredAt"]);
}

#[tokio::test]
async fn an_erased_user_is_shown_as_erased() {
    let world = World::new().await;
    world.user("u-1", "Ada@example.com").await;
    world.login("u-1", "1", NOW).await;
    world.post("/api/users/u-1/erase", &json!(null)).await;
    let erased = json!({
        "userId": "u-1", "userType": null, "email": null, "displayName": null, "registeredAt": null, "lastLoginAt": null,
        "failedLogins": 0, "erasedAt": "2026-11-21T12:00:00.123456Z", "orders": [],
    });
    assert_eq!(world.must_get("/users/u-1").await, erased);
    let history = world.must_get("/api/users/u-1/auth-events").await;
    let told = &history["items"][0];
    assert_eq!(
        (&told["action"], &told["ipAddress"], &told["userAgent"]),
        (&json!("login"), &json!(null), &json!(null))
    );
}

#[tokio::test]
async fn who_is_not_known_is_not_found() {
    let world = World::new().await;
    for id in ["u-1", "ada@example.com", "%00", "%ff", "a%20b", &"x".repeat(129)] {
        world.get(&format!("/users/{id}")).await.problem(404, "not-found");
        world.get(&format!("/api/users/{id}/auth-events")).await.problem(404, "not-found");
        world.post(&format!("/api/users/{id}/erase"), &json!(null)).await.problem(404, "not-found");
    }
    assert_eq!(world.everything().await, [""; 0]);
}

#[tokio::test]
async fn the_history_of_a_user_is_theirs_alone_the_latest_first() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.user("u-2", "b@example.com").await;
    assert_eq!(world.must_get("/api/users/u-1/auth-events").await, json!({"items": [], "next": null}));
    world.login("u-1", "first", NOW - Duration::MINUTE).await;
    world.login("u-2", "other", NOW).await;
    world.login("u-1", "second", NOW).await;
    let history = world.must_get("/api/users/u-1/auth-events").await;
    let expected = json!({
        "source": "/auth", "eventId": "second", "action": "login", "status": "success", "ipAddress": "192.0.2.77",
        "userAgent": "Agent", "occurredAt": "2026-11-21T12:00:00.123456Z", "recordedAt": "2026-11-21T12:00:00.123456Z",
    });
    assert_eq!(history["items"][0], expected);
    assert_eq!((&history["items"][1]["eventId"], history["items"].as_array().unwrap().len()), (&json!("first"), 2));
}
