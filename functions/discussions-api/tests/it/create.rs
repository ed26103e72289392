use http::StatusCode;
use http::header::LOCATION;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::world::{World, new_thread};

#[tokio::test]
async fn a_thread_is_there_once_and_told_of_once() {
    let world = World::new().await;
    let made = world.door.post("/api/discussions/threads", &new_thread()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.body["threadId"].as_str().unwrap();
    assert_eq!(made.headers[LOCATION], format!("/api/discussions/threads/{id}"));
    assert_json_snapshot!(made.body, { ".threadId" => "[id]" }, @r#"
    {
      "author": "ada",
      "comments": 0,
      "content": "I expected the block.",
      "courseId": "rust-101",
      "createdAt": "2026-11-21T12:00:00.123456Z",
      "downVotes": 0,
      "editedAt": null,
      "threadId": "[id]",
      "title": "When does a borrow end?",
      "upVotes": 0,
      "views": 0
    }
    "#);
    let events = world.events().await;
    assert_eq!((events.len(), &events[0]["partitionkey"]), (1, &json!(id)));
    assert_json_snapshot!(events[0], { ".id" => "[id]", ".subject" => "[id]", ".partitionkey" => "[id]", ".data.threadId" => "[id]" }, @r#"
    {
      "data": {
        "authorId": "ada",
        "courseId": "rust-101",
        "threadId": "[id]",
        "title": "When does a borrow end?"
      },
      "datacontenttype": "application/json",
      "dataschema": "urn:onceward:event:thread.created:1.0",
      "id": "[id]",
      "partitionkey": "[id]",
      "sequence": "00000000000000000001",
      "source": "/onceward/discussions-api",
      "specversion": "1.0",
      "subject": "[id]",
      "time": "2026-11-21T12:00:00.123456Z",
      "type": "thread.created"
    }
    "#);
}

#[tokio::test]
async fn each_change_has_one_event_of_the_next_version_and_none_says_what_people_said() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let door = &world.door;
    assert_eq!(door.get(&format!("{thread}?viewer=bob")).await.status, StatusCode::OK);
    assert_eq!(door.vote(&thread, "bob", "up").await.status, StatusCode::OK);
    assert_eq!(door.vote(&comment, "ada", "down").await.status, StatusCode::OK);
    let edit = json!({"author": "ada", "title": "Where does it end?", "content": "secret"});
    assert_eq!(door.patch(&thread, &edit).await.status, StatusCode::OK);
    let edit = json!({"author": "bob", "content": "secret"});
    assert_eq!(door.patch(&comment, &edit).await.status, StatusCode::OK);
    assert_eq!(door.delete(&comment, "bob").await.status, StatusCode::NO_CONTENT);
    assert_eq!(door.delete(&thread, "ada").await.status, StatusCode::NO_CONTENT);
    let events = world.events().await;
    let expected = [
        "thread.created",
        "comment.added",
        "thread.viewed",
        "vote.cast",
        "vote.cast",
        "thread.edited",
        "comment.edited",
        "comment.deleted",
        "thread.deleted",
    ];
    assert_eq!(world.told().await, expected);
    for (event, version) in events.iter().zip(1..) {
        assert_eq!(event["sequence"], format!("{version:020}"), "{event}");
        assert_eq!(event["partitionkey"], events[0]["data"]["threadId"], "{event}");
        assert!(!event.to_string().contains("secret") && !event.to_string().contains("Because"), "{event}");
    }
    assert_eq!(events[2]["data"]["viewerId"], "bob");
    assert_eq!(events[4]["data"]["commentId"], events[1]["data"]["commentId"]);
    assert_eq!(events[5]["data"]["title"], "Where does it end?");
    world.counts_are_right().await;
}

#[tokio::test]
async fn events_carry_the_trace_of_their_request() {
    let world = World::new().await;
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = http::Request::post("/api/discussions/threads")
        .header("content-type", "application/json")
        .header("x-correlation-id", "r-1")
        .header("traceparent", context);
    let answer = world.door.send(request.body(new_thread().to_string().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let events = world.events().await;
    assert_eq!((&events[0]["correlationid"], &events[0]["traceparent"]), (&json!("r-1"), &json!(context)));
}

#[tokio::test]
async fn what_takes_how_long_is_said_of_every_write() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let door = &world.door;
    for answer in [
        door.post("/api/discussions/threads", &new_thread()).await,
        door.get(&thread).await,
        door.vote(&thread, "bob", "up").await,
        door.patch(&comment, &json!({"author": "bob", "content": "So."})).await,
        door.delete(&comment, "bob").await,
    ] {
        let timing = answer.headers["server-timing"].to_str().unwrap();
        let times: Vec<f64> =
            timing.split(", ").map(|part| part.split_once(";dur=").unwrap().1.parse().unwrap()).collect();
        assert!(timing.starts_with("write;dur=") && timing.contains(", drain;dur=") && times.len() == 2, "{timing}");
        assert!(times[0] > 0.0, "{timing}");
    }
}
