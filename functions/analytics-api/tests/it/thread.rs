use serde_json::json;
use time::Duration;
use time::macros::datetime;

use crate::world::{COMMENT, DOWN, NOW, UP, VIEW, World};

#[tokio::test]
async fn a_thread_is_shown_with_all_that_happened_to_it() {
    let world = World::new().await;
    world.create("t-1", "rust-101", datetime!(2026-11-01 10:00 UTC)).await;
    let path = "/api/analytics/threads/t-1";
    let created = json!({
        "threadId": "t-1",
        "courseId": "rust-101",
        "title": "Title of t-1",
        "authorId": "u-1",
        "views": 0,
        "comments": 0,
        "upVotes": 0,
        "downVotes": 0,
        "score": 0,
        "createdAt": "2026-11-01T10:00:00Z",
        "lastActivityAt": "2026-11-01T10:00:00Z",
        "deletedAt": null,
    });
    assert_eq!(world.must_get(path).await, created);
    world.happen("t-1", 7, VIEW, NOW).await;
    world.happen("t-1", 2, COMMENT, datetime!(2026-11-03 10:00 UTC)).await;
    world.happen("t-1", 3, UP, datetime!(2026-11-02 10:00 UTC)).await;
    world.happen("t-1", 1, DOWN, datetime!(2026-11-02 10:00 UTC)).await;
    world.rename("t-1", "How do lifetimes work?", datetime!(2026-11-02 11:00 UTC)).await;
    let shown = world.must_get(path).await;
    let expected = [
        ("title", json!("How do lifetimes work?")),
        ("views", json!(7)),
        ("comments", json!(2)),
        ("upVotes", json!(3)),
        ("downVotes", json!(1)),
        // 7 + 5 x 2 + 3 x (3 - 1)
        ("score", json!(23)),
        // The comment: views are no activity, however late.
        ("lastActivityAt", json!("2026-11-03T10:00:00Z")),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name], value, "{name} of {shown}");
    }
}

#[tokio::test]
async fn a_thread_that_was_deleted_is_shown_with_the_time_and_without_what_it_said() {
    let world = World::new().await;
    world.create("t-1", "rust-101", NOW - Duration::DAY).await;
    world.happen("t-1", 1, VIEW, NOW - Duration::DAY).await;
    world.delete("t-1", NOW).await;
    let shown = world.must_get("/api/analytics/threads/t-1").await;
    assert_eq!((&shown["deletedAt"], &shown["views"]), (&json!("2026-11-21T12:00:00Z"), &json!(1)));
    assert_eq!(shown.get("title"), Some(&json!(null)));
}

#[tokio::test]
async fn a_thread_of_which_no_event_told_is_a_404() {
    let world = World::new().await;
    world.create("t-1", "rust-101", NOW).await;
    for id in ["t-2", "T-1", "t-1%20", "a%00b", "%C3%BC", &"x".repeat(129)] {
        world.get(&format!("/api/analytics/threads/{id}")).await.problem(404, "not-found");
    }
}
