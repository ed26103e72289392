use serde_json::json;
use testkit::{sqlx, traces_of};

use crate::world::{NOW, World, entry, letter};

const PATH: &str = "/api/users/u-1/erase";

async fn known(world: &World) -> i64 {
    world.user("u-1", "Ada@example.com").await;
    world.login("u-1", "1", NOW).await;
    world.log(&[entry("u-1", "login", 0)]).await;
    world.park("u-1", 1, 60).await;
    let mut refused = letter("u-1", 2);
    refused.value = Some(br#"{"userId":"u-1","email":"ADA@example.com"}"#.to_vec());
    world.letters(&[refused, letter("u-10", 3)]).await[0]
}

#[tokio::test]
async fn a_person_is_erased_everywhere_and_that_is_put_on_record_without_them() {
    let world = World::new().await;
    let erased_letter = known(&world).await;
    let answer = world.post_text(PATH, None, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, json!({"userId": "u-1", "erasedAt": "2026-11-21T12:00:00.123456Z"}));
    for personal in ["ada@example.com", "192.0.2.77", "Agent"] {
        assert_eq!(traces_of(&world.database, personal).await, [""; 0], "{personal}");
    }
    assert_eq!(world.must_get(&format!("/api/dead-letters/{erased_letter}")).await["state"], "discarded");
    assert_eq!(world.must_get("/api/dead-letters?state=open").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.must_get("/api/parked").await["items"], json!([]));
    assert_eq!(world.must_get("/api/audit?user=u-1").await["items"].as_array().unwrap().len(), 1);
    let detail = "authentication events: 1, parked events: 1, dead letters: 1";
    assert_eq!(world.on_record(), [["user.erased", "erase", "users/u-1", "success", detail]]);
}

#[tokio::test]
async fn a_second_time_is_answered_alike_changes_nothing_and_is_not_on_record() {
    let world = World::new().await;
    known(&world).await;
    let first = world.post(PATH, &json!(null)).await;
    let before = world.everything().await;
    let second = world.post(PATH, &json!(null)).await;
    assert_eq!((second.status, second.body), (first.status, first.body));
    assert_eq!(world.everything().await, before);
    assert_eq!(world.on_record().len(), 1);
}

#[tokio::test]
async fn two_at_once_erase_once() {
    let world = World::new().await;
    known(&world).await;
    let nothing = json!(null);
    let (one, other) = tokio::join!(world.post(PATH, &nothing), world.post(PATH, &nothing));
    assert_eq!((one.status.as_u16(), &one.body), (200, &other.body));
    assert_eq!(world.on_record().len(), 1);
}

#[tokio::test]
async fn somebody_who_is_known_to_the_trail_alone_is_erased_before_they_register() {
    let world = World::new().await;
    world.log(&[entry("u-1", "login", 0)]).await;
    assert_eq!(world.post(PATH, &json!(null)).await.status, 200);
    assert!(world.must_get("/users/u-1").await["erasedAt"].is_string());
}

/// A batch that takes long must not turn the request into a failure for good: nothing has changed, and it may be sent again.
#[tokio::test]
async fn an_erasure_that_cannot_get_its_lock_changes_nothing_and_says_when_to_come_back() {
    let world = World::new().await;
    known(&world).await;
    let before = world.everything().await;
    let mut batch = world.database.pool.begin().await.unwrap();
    sqlx::query("select from users where user_id = 'u-1' for update").execute(&mut *batch).await.unwrap();
    let refused = world.post(PATH, &json!(null)).await;
    refused.problem(503, "unavailable");
    assert!(refused.headers.contains_key("retry-after"));
    batch.rollback().await.unwrap();
    assert_eq!(world.everything().await, before);
    assert_eq!(world.post(PATH, &json!(null)).await.status, 200);
}
