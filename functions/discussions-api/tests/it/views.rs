use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::World;

#[tokio::test]
async fn each_of_many_readers_at_once_is_counted() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut requests = JoinSet::new();
    for n in 0..50 {
        let (door, path) = (world.door.clone(), format!("{thread}?viewer=u-{n}"));
        requests.spawn(async move { door.get(&path).await });
    }
    let mut seen: Vec<i64> = Vec::new();
    for answer in requests.join_all().await {
        assert_eq!((answer.status, &answer.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().unwrap()));
        seen.push(answer.body["views"].as_i64().unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<_>>(), "each sees itself among those before");
    assert_eq!(world.told().await.iter().filter(|told| *told == "thread.viewed").count(), 50);
}

#[tokio::test]
async fn a_reader_need_not_say_who_it_is() {
    let world = World::new().await;
    let thread = world.thread().await;
    assert_eq!(world.door.get(&thread).await.body["views"], 1);
    assert_eq!(world.events().await[1]["data"]["viewerId"], json!(null));
}

#[tokio::test]
async fn who_asks_for_the_headers_or_a_list_reads_nothing() {
    let world = World::new().await;
    let thread = world.thread().await;
    let before = world.everything().await;
    assert_eq!(world.door.ask(Method::HEAD, &thread, "").await.status, StatusCode::OK);
    assert_eq!(world.door.ask(Method::HEAD, &format!("{thread}/comments"), "").await.status, StatusCode::OK);
    let listed = world.door.get("/api/discussions/threads?courseId=rust-101").await.body;
    assert_eq!((&listed["items"][0]["views"], &listed["items"][0]["content"]), (&json!(0), &json!(null)), "{listed}");
    assert_eq!(world.everything().await, before);
    let missing = thread.replace(&thread[thread.len() - 12..], "000000000000");
    assert_eq!(world.door.ask(Method::HEAD, &missing, "").await.status, StatusCode::NOT_FOUND);
}
