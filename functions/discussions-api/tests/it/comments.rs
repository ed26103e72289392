use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, id};

#[tokio::test]
async fn comments_have_places_without_gaps_and_answers_have_what_they_answer() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comments = format!("{thread}/comments");
    let first = world.comment(&thread).await;
    let nested = json!({"author": "cleo", "content": "Why?", "parentId": id(&first)});
    let nested = world.door.post(&comments, &nested).await;
    assert_eq!((nested.status, &nested.body["place"]), (StatusCode::CREATED, &json!(2)), "{nested:?}");
    assert_eq!(nested.body["parentId"], id(&first).to_string());
    let deeper = json!({"author": "bob", "content": "So.", "parentId": nested.body["commentId"]});
    assert_eq!(world.door.post(&comments, &deeper).await.status, StatusCode::CREATED);
    let listed = world.door.get(&comments).await;
    let shown: Vec<_> =
        listed.body["items"].as_array().unwrap().iter().map(|c| (&c["place"], &c["parentId"])).collect();
    let expected = [json!(null), json!(id(&first)), nested.body["commentId"].clone()];
    assert_eq!(shown, [(&json!(1), &expected[0]), (&json!(2), &expected[1]), (&json!(3), &expected[2])]);
    assert_eq!(world.events().await[2]["data"]["parentId"], id(&first).to_string());
    assert_eq!(world.events().await[1]["data"]["parentId"], Value::Null);
    assert_eq!(world.door.get(&thread).await.body["comments"], 3);
    world.counts_are_right().await;
}

#[tokio::test]
async fn an_answer_to_a_comment_of_another_thread_is_refused_by_name() {
    let world = World::new().await;
    let (thread, other) = (world.thread().await, world.thread().await);
    let elsewhere = world.comment(&other).await;
    let before = world.everything().await;
    for parent in [id(&elsewhere), id(&other), id(&thread)] {
        let answer = json!({"author": "bob", "content": "a", "parentId": parent});
        world.door.post(&format!("{thread}/comments"), &answer).await.invalid("parentId");
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_hundred_comments_at_once_each_have_a_place_of_their_own() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut requests = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (door, comments) = (world.door.clone(), format!("{thread}/comments"));
        requests.spawn(async move { door.post(&comments, &json!({"author": "bob", "content": n.to_string()})).await });
    }
    let mut places: Vec<i64> = Vec::new();
    for answer in requests.join_all().await {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        places.push(answer.body["place"].as_i64().unwrap());
    }
    places.sort_unstable();
    assert_eq!(places, (1..=100).collect::<Vec<_>>());
    // The order of the outbox is that of the places.
    let first = world.door.get(&format!("{thread}/comments")).await.body;
    let cursor = first["next"].as_str().unwrap();
    let second = world.door.get(&format!("{thread}/comments?limit=50&cursor={cursor}")).await.body;
    assert_eq!(second["next"], Value::Null);
    let comments = |page: &Value| page["items"].as_array().unwrap().clone();
    let by_place = [comments(&first), comments(&second)].concat();
    let by_place: Vec<&Value> = by_place.iter().map(|comment| &comment["commentId"]).collect();
    let events = world.events().await;
    assert_eq!(events[1..].iter().map(|event| &event["data"]["commentId"]).collect::<Vec<_>>(), by_place);
    world.counts_are_right().await;
}
