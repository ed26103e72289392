use http::StatusCode;
use serde_json::json;

use crate::world::{World, id};

#[tokio::test]
async fn a_comment_that_is_deleted_keeps_its_place_and_nothing_that_it_said() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comments = format!("{thread}/comments");
    let first = world.comment(&thread).await;
    let nested = json!({"author": "cleo", "content": "Why?", "parentId": id(&first)});
    assert_eq!(world.door.post(&comments, &nested).await.status, StatusCode::CREATED);
    assert_eq!(world.door.delete(&first, "bob").await.status, StatusCode::NO_CONTENT);
    let listed = world.door.get(&comments).await.body;
    assert_eq!((&listed["items"][0]["content"], &listed["items"][0]["place"]), (&json!(null), &json!(1)), "{listed}");
    assert!(listed["items"][0]["deletedAt"].is_string(), "{listed}");
    assert_eq!(listed["items"][1]["parentId"], id(&first).to_string());
    assert!(!world.everything().await.join("\n").contains("Because."));
    assert_eq!(world.door.get(&thread).await.body["comments"], 1);
    // Nothing more happens to it.
    let before = world.everything().await;
    world.door.delete(&first, "bob").await.problem(410, "gone");
    world.door.patch(&first, &json!({"author": "bob", "content": "Because."})).await.problem(410, "gone");
    world.door.vote(&first, "ada", "up").await.problem(410, "gone");
    let refused = world.door.post(&comments, &nested).await;
    refused.problem(410, "gone");
    assert_eq!(refused.body["field"], "parentId");
    assert_eq!(world.everything().await, before);
    world.counts_are_right().await;
}

#[tokio::test]
async fn a_thread_that_is_deleted_is_gone_with_its_comments() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let gone = world.door.delete(&thread, "ada").await;
    assert_eq!((gone.status, &gone.body), (StatusCode::NO_CONTENT, &json!(null)));
    let before = world.everything().await;
    assert!(!before.join("\n").contains("I expected the block."));
    world.door.get(&thread).await.problem(410, "gone");
    world.door.get(&format!("{thread}/comments")).await.problem(410, "gone");
    world.door.delete(&thread, "ada").await.problem(410, "gone");
    world.door.delete(&thread, "bob").await.problem(410, "gone");
    world.door.patch(&thread, &json!({"author": "ada", "title": "Still here"})).await.problem(410, "gone");
    let said = json!({"author": "bob", "content": "Still here."});
    world.door.post(&format!("{thread}/comments"), &said).await.problem(410, "gone");
    world.door.patch(&comment, &said).await.problem(410, "gone");
    world.door.delete(&comment, "bob").await.problem(410, "gone");
    for path in [&thread, &comment] {
        world.door.vote(path, "bob", "up").await.problem(410, "gone");
    }
    let listed = world.door.get("/api/discussions/threads?courseId=rust-101").await.body;
    assert_eq!(listed["items"], json!([]));
    assert_eq!(world.everything().await, before);
}

/// Whichever comes first: it is told of first, and a comment that was taken is there when the thread goes.
#[tokio::test]
async fn of_a_comment_and_the_deletion_of_its_thread_at_once_one_comes_first() {
    let world = World::new().await;
    for _ in 0..20 {
        let thread = world.thread().await;
        let (comments, said) = (format!("{thread}/comments"), json!({"author": "bob", "content": "Because."}));
        let (added, gone) = tokio::join!(world.door.post(&comments, &said), world.door.delete(&thread, "ada"));
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
        let of_thread = |event: &serde_json::Value| event["partitionkey"] == id(&thread).to_string();
        let events = world.events().await;
        let told: Vec<_> = events.iter().filter(|event| of_thread(event)).map(|event| &event["type"]).collect();
        if added.status == StatusCode::CREATED {
            assert_eq!(told, ["thread.created", "comment.added", "thread.deleted"]);
        } else {
            added.problem(410, "gone");
            assert_eq!(told, ["thread.created", "thread.deleted"]);
        }
    }
    world.counts_are_right().await;
}
