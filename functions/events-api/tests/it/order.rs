use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Api, BATCH, json_of, registered};

#[tokio::test]
async fn the_events_of_one_key_keep_their_order_in_a_batch() {
    let api = Api::start().await;
    let users = ["u-1", "u-2", "u-3", "u-4"];
    let events: Vec<Value> = (0..400).map(|place| registered(&place.to_string(), users[place % users.len()])).collect();
    let answer = api.post(BATCH, json!(events).to_string()).await;
    assert_eq!(answer.ids(), (0..400).map(|place| place.to_string()).collect::<Vec<_>>());
    let mut by_key: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for record in api.published() {
        let place = json_of(&record)["id"].as_str().unwrap().parse().unwrap();
        by_key.entry(record.key.unwrap()).or_default().push(place);
    }
    for (place, user) in users.iter().enumerate() {
        let expected: Vec<usize> = (place..400).step_by(users.len()).collect();
        assert_eq!(by_key[user.as_bytes()], expected, "{user}");
    }
}

#[tokio::test]
async fn an_event_that_stands_twice_in_a_batch_is_taken() {
    let api = Api::start().await;
    let event = registered("e-1", "u-1");
    assert_eq!(api.post(BATCH, json!([event, event]).to_string()).await.ids(), ["e-1", "e-1"]);
}
