use http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn only_who_wrote_it_may_change_it() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.everything().await;
    for (path, somebody_else) in [(&thread, "bob"), (&thread, "ADA"), (&comment, "ada")] {
        let edit = json!({"author": somebody_else, "content": "Mine now."});
        world.door.patch(path, &edit).await.problem(403, "not-the-author");
        world.door.delete(path, somebody_else).await.problem(403, "not-the-author");
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_says_when() {
    let world = World::new().await;
    let thread = world.thread().await;
    let edited = world.door.patch(&thread, &json!({"author": "ada", "title": "Where does it end?"})).await;
    assert_eq!(edited.status, StatusCode::OK, "{edited:?}");
    assert_eq!(edited.body["title"], "Where does it end?");
    assert_eq!(edited.body["content"], "I expected the block.");
    assert_eq!(edited.body["editedAt"], "2026-11-21T12:00:00.123456Z");
    let edited = world.door.patch(&thread, &json!({"author": "ada", "content": "Not there."})).await;
    assert_eq!((&edited.body["title"], &edited.body["content"]), (&json!("Where does it end?"), &json!("Not there.")));
    let comment = world.comment(&thread).await;
    let edited = world.door.patch(&comment, &json!({"author": "bob", "content": "So."})).await;
    assert_eq!((&edited.body["content"], edited.body["editedAt"].is_string()), (&json!("So."), true), "{edited:?}");
    let read = world.door.get(&format!("{thread}/comments")).await;
    assert_eq!(read.body["items"][0], edited.body);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_none() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.everything().await;
    for edit in [
        json!({"author": "ada"}),
        json!({"author": "ada", "title": null, "content": null}),
        json!({"author": "ada", "title": "When does a borrow end?", "content": "I expected the block."}),
    ] {
        let answer = world.door.patch(&thread, &edit).await;
        assert_eq!((answer.status, answer.body["editedAt"].is_null()), (StatusCode::OK, true), "{answer:?}");
    }
    let answer = world.door.patch(&comment, &json!({"author": "bob", "content": "Because."})).await;
    assert_eq!((answer.status, answer.body["editedAt"].is_null()), (StatusCode::OK, true), "{answer:?}");
    assert_eq!(world.everything().await, before);
}
