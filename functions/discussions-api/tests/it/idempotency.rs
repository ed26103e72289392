use http::StatusCode;
use serde_json::json;

use crate::world::{World, new_thread};

#[tokio::test]
async fn the_same_request_again_makes_no_second_thread_and_tells_nothing() {
    let world = World::new().await;
    let path = "/api/discussions/threads";
    let first = world.door.post_with_key(path, "key", &new_thread()).await;
    let again = world.door.post_with_key(path, "key", &new_thread()).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((&again.body, &again.headers["location"]), (&first.body, &first.headers["location"]));
    let wanted = new_thread();
    let (one, other) =
        tokio::join!(world.door.post_with_key(path, "2", &wanted), world.door.post_with_key(path, "2", &wanted));
    assert_eq!((one.status, &one.body), (StatusCode::CREATED, &other.body));
    assert_eq!(world.told().await, ["thread.created", "thread.created"]);
    let mut other = new_thread();
    other["title"] = "Another".into();
    let refused = world.door.post_with_key(path, "key", &other).await;
    refused.problem(422, "idempotency-key-reused");
    assert_eq!(world.told().await.len(), 2);
}

#[tokio::test]
async fn a_key_is_that_of_its_thread_and_of_its_api_key() {
    let mut world = World::new().await;
    let (one, other) = (world.thread().await, world.thread().await);
    let comment = json!({"author": "bob", "content": "Because."});
    for thread in [&one, &one, &other, &other] {
        let made = world.door.post_with_key(&format!("{thread}/comments"), "key", &comment).await;
        assert_eq!((made.status, made.body["place"].as_i64()), (StatusCode::CREATED, Some(1)), "{made:?}");
        assert!(thread.ends_with(made.body["threadId"].as_str().unwrap()), "{made:?}");
    }
    world.use_another_key().await;
    let made = world.door.post_with_key(&format!("{one}/comments"), "key", &comment).await;
    assert_eq!(made.body["place"], 2, "{made:?}");
    world.counts_are_right().await;
}

#[tokio::test]
async fn a_request_that_failed_does_not_burn_its_key() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comments = format!("{thread}/comments");
    let nowhere = json!({"author": "bob", "content": "a", "parentId": "01932d3c-0000-7000-8000-000000000001"});
    world.door.post_with_key(&comments, "key", &nowhere).await.invalid("parentId");
    let made = world.door.post_with_key(&comments, "key", &json!({"author": "bob", "content": "a"})).await;
    assert_eq!((made.status, &made.body["place"]), (StatusCode::CREATED, &json!(1)), "{made:?}");
}
