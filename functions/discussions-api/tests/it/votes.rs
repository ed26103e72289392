use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::World;

#[tokio::test]
async fn a_vote_takes_the_place_of_the_one_before_and_the_same_again_changes_nothing() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    for path in [&thread, &comment] {
        for (vote, up, down, told) in [
            ("none", 0, 0, false),
            ("up", 1, 0, true),
            ("up", 1, 0, false),
            ("down", 0, 1, true),
            ("none", 0, 0, true),
            ("none", 0, 0, false),
            ("down", 0, 1, true),
        ] {
            let before = world.events().await.len();
            let answer = world.door.vote(path, "bob", vote).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert_eq!(answer.body, json!({"vote": vote, "upVotes": up, "downVotes": down}), "{path}");
            assert_eq!(world.events().await.len() - before, usize::from(told), "{path} {vote}");
        }
    }
    let chain: Vec<(Value, Value)> = world.events().await[2..]
        .iter()
        .map(|event| (event["data"]["previous"].clone(), event["data"]["vote"].clone()))
        .collect();
    let once = [("none", "up"), ("up", "down"), ("down", "none"), ("none", "down")];
    let twice: Vec<(Value, Value)> = once.iter().chain(&once).map(|(of, to)| (json!(of), json!(to))).collect();
    assert_eq!(chain, twice);
    world.counts_are_right().await;
}

#[tokio::test]
async fn each_person_has_a_vote_on_a_thread_and_one_on_each_comment() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comments = [world.comment(&thread).await, world.comment(&thread).await];
    for path in [&thread, &comments[0], &comments[1]] {
        for voter in ["ada", "bob", "cleo"] {
            assert_eq!(world.door.vote(path, voter, "up").await.status, StatusCode::OK);
        }
    }
    world.door.vote(&comments[1], "bob", "none").await;
    let shown = world.door.get(&format!("{thread}/comments")).await.body;
    assert_eq!((&shown["items"][0]["upVotes"], &shown["items"][1]["upVotes"]), (&json!(3), &json!(2)), "{shown}");
    assert_eq!(world.door.get(&thread).await.body["upVotes"], 3);
    world.counts_are_right().await;
}

/// What each vote was, in the order of the events.
async fn cast(world: &World) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events = world.events().await;
    let votes = events.iter().map(|event| &event["data"]).filter(|data| data["vote"].is_string());
    votes.map(|data| (text(&data["voterId"]), text(&data["previous"]), text(&data["vote"]))).collect()
}

#[tokio::test]
async fn a_vote_that_is_changed_by_a_hundred_requests_at_once_is_the_last_of_them() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut requests = JoinSet::new();
    for n in 0..100 {
        let (door, thread) = (world.door.clone(), thread.clone());
        requests.spawn(async move { door.vote(&thread, "bob", ["up", "down", "none"][n % 3]).await });
    }
    for answer in requests.join_all().await {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    let mut previous = "none".to_owned();
    for (_, before, vote) in cast(&world).await {
        assert_eq!(before, previous, "each begins where the one before ended");
        assert_ne!(vote, before, "a vote that changes nothing is not told of");
        previous = vote;
    }
    let shown = world.door.get(&thread).await.body;
    let expected = (i64::from(previous == "up"), i64::from(previous == "down"));
    assert_eq!((shown["upVotes"].as_i64(), shown["downVotes"].as_i64()), (Some(expected.0), Some(expected.1)));
    // Events wait in the order of versions, none of which is missing.
    for (event, version) in world.events().await.iter().zip(1..) {
        assert_eq!(event["sequence"], format!("{version:020}"), "{event}");
    }
    world.counts_are_right().await;
}

#[tokio::test]
async fn a_hundred_people_who_vote_at_once_count_each() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let mut requests = JoinSet::new();
    for n in 0..100 {
        let (door, path) = (world.door.clone(), if n % 2 == 0 { thread.clone() } else { comment.clone() });
        requests
            .spawn(async move { door.vote(&path, &format!("u-{n}"), if n % 5 == 0 { "down" } else { "up" }).await });
    }
    for answer in requests.join_all().await {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    assert_eq!(cast(&world).await.len(), 100);
    let shown = world.door.get(&thread).await.body;
    assert_eq!((&shown["upVotes"], &shown["downVotes"]), (&json!(40), &json!(10)));
    world.counts_are_right().await;
}
