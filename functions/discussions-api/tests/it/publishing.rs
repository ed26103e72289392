//! What becomes of the events: published at once, by somebody else, or once Kafka is back.

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{TestTopic, bootstrap, sqlx};
use tokio::task::JoinSet;

use crate::world::{Answer, World, id, new_thread};

/// How long what was written was published, in milliseconds.
fn drained_ms(answer: &Answer) -> f64 {
    let timing = answer.headers["server-timing"].to_str().unwrap();
    timing.split_once("drain;dur=").unwrap().1.parse().unwrap()
}

async fn waiting(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from outbox").fetch_one(&world.database.pool).await.unwrap()
}

#[tokio::test]
async fn what_is_answered_is_in_kafka_under_its_thread_and_in_order() {
    let topic = TestTopic::new(3).await;
    let (name, server) = (topic.name.clone(), bootstrap());
    let settings = [
        ("TOPIC_DISCUSSION_EVENTS", name.as_str()),
        ("KAFKA_BOOTSTRAP_SERVERS", server.as_str()),
        ("OUTBOX_DRAIN_MS", "10000"),
    ];
    let world = World::with(&settings).await;
    let mut requests = JoinSet::new();
    for n in 0..5 {
        let thread = world.thread().await;
        for voter in 0..10 {
            let (door, thread) = (world.door.clone(), thread.clone());
            let comment = json!({"author": format!("u-{voter}"), "content": "So."});
            requests.spawn(async move {
                let comments = format!("{thread}/comments");
                match (n + voter) % 3 {
                    0 => door.vote(&thread, &format!("u-{voter}"), "up").await,
                    1 => door.post(&comments, &comment).await,
                    _ => door.get(&thread).await,
                }
            });
        }
    }
    for answer in requests.join_all().await {
        assert!(answer.status.is_success(), "{answer:?}");
    }
    assert_eq!(waiting(&world).await, 0, "what was answered is published");
    let mut of_thread: HashMap<String, Vec<String>> = HashMap::new();
    for record in topic.read_all() {
        let event: Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
        let key = String::from_utf8(record.key.unwrap()).unwrap();
        assert_eq!((&event["partitionkey"], &event["data"]["threadId"]), (&json!(key), &json!(key)));
        let content_type = ("content-type".to_owned(), b"application/cloudevents+json".to_vec());
        assert!(record.headers.contains(&content_type), "{:?}", record.headers);
        let seen = of_thread.entry(key).or_default();
        let sequence = event["sequence"].as_str().unwrap().to_owned();
        // A record may come again, and never ahead of one before it.
        if !seen.contains(&sequence) {
            seen.push(sequence);
        }
    }
    assert_eq!(of_thread.len(), 5);
    for sequences in of_thread.values() {
        let expected: Vec<String> = (1..=11).map(|version| format!("{version:020}")).collect();
        assert_eq!(*sequences, expected);
    }
}

#[tokio::test]
async fn where_publishing_is_off_requests_go_on_without_kafka_and_the_outbox_fills() {
    let world = World::new().await;
    let thread = world.thread().await;
    for n in 0..10 {
        assert_eq!(world.door.vote(&thread, &format!("u-{n}"), "up").await.status, StatusCode::OK);
    }
    assert_eq!(waiting(&world).await, 11);
    world.counts_are_right().await;
}

#[tokio::test]
async fn where_kafka_is_away_requests_go_on_in_time_and_the_outbox_fills() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let world = World::with(&[("KAFKA_BOOTSTRAP_SERVERS", closed.as_str())]).await;
    let thread = world.thread().await;
    let mut drains = Vec::new();
    for _ in 0..10 {
        let started = Instant::now();
        let made = world.door.post("/api/discussions/threads", &new_thread()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        drains.push(drained_ms(&made));
    }
    // Who finds out that it is away waits as long as a drain may take, and all others for nothing.
    drains.sort_by(f64::total_cmp);
    assert!(drains[9] < 700.0 && drains[5] < 20.0, "{drains:?}");
    assert_eq!(world.door.vote(&thread, "bob", "up").await.status, StatusCode::OK);
    assert_eq!(waiting(&world).await, 12);
    let of_thread = world.events().await.into_iter().filter(|event| event["partitionkey"] == id(&thread).to_string());
    assert_eq!(of_thread.count(), 2);
}
