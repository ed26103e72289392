use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::api::{Answer, Api, BATCH, STRUCTURED, registered};

pub(crate) fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), &answer.body["type"]), (503, &json!("urn:onceward:problem:unavailable")));
    assert_eq!(answer.headers["retry-after"], "2");
    assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{answer:?}");
    assert!(!answer.body.to_string().contains("127.0.0.1"), "{answer:?}");
}

#[tokio::test]
async fn while_kafka_is_away_the_answer_is_503_in_time_and_then_at_once() {
    let nowhere = closed();
    let api = Api::with(&[("KAFKA_BOOTSTRAP_SERVERS", &nowhere)], &[]).await;
    let batch = json!([registered("e-1", "u-1"), registered("e-2", "u-2")]).to_string();
    for _ in 0..3 {
        let started = Instant::now();
        assert_unavailable(&api.post(BATCH, batch.clone()).await);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
    let started = Instant::now();
    assert_unavailable(&api.post(BATCH, batch).await);
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    // What is wrong with a request is said all the same.
    api.post(STRUCTURED, "{}").await.problem(422, "invalid-event", "specversion");
    assert_eq!(api.post(BATCH, "[]").await.ids(), [""; 0]);
}

/// A mistake of ours in the settings is no flaw of the event.
#[tokio::test]
async fn a_topic_that_is_not_there_is_a_503() {
    let missing = testkit::unique_name();
    let api = Api::with(&[("TOPIC_USER_EVENTS", &missing)], &[]).await;
    assert_unavailable(&api.post(STRUCTURED, registered("e-1", "u-1").to_string()).await);
}

#[tokio::test]
async fn while_the_database_is_away_the_answer_is_503_in_time() {
    let url = format!("postgres://onceward_app@{}/none", closed());
    let api = Api::with(&[("DATABASE_URL", &url)], &[]).await;
    let started = Instant::now();
    assert_unavailable(&api.post(STRUCTURED, registered("e-1", "u-1").to_string()).await);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(api.published(), []);
}
