//! Requests that schemathesis makes up from the description of the routes, against the built functions: `make fuzz`.

mod stage;

use std::time::Duration;

use contract::example;
use events::EventType;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::eventually;
use tokio::process::Command;

use crate::stage::{Stage, root};

const PATIENCE: Duration = Duration::from_mins(1);

/// Events of the examples, and two that do not take effect: an address that another user has, and an update of nobody.
fn story() -> Value {
    let examples = EventType::ALL.into_iter().filter(|event_type| event_type.is_taken_from_outside());
    let mut story: Vec<Value> =
        examples.map(|of| serde_json::from_slice(&example(of).to_structured_json()).unwrap()).collect();
    let registered = story[0].clone();
    for (id, changes) in [
        ("poison", json!({"userId": "u-2", "userType": "student", "email": "ADA@lovelace.example"})),
        ("early", json!({"userId": "u-3", "updatedFields": ["email"], "email": "u3@example.com"})),
    ] {
        let mut event = registered.clone();
        event["id"] = json!(id);
        event["data"] = changes;
        for derived in ["partitionkey", "subject"] {
            event.as_object_mut().unwrap().remove(derived);
        }
        if id == "early" {
            event["type"] = json!("user.updated");
            event["dataschema"] = json!("urn:onceward:event:user.updated:1.0");
        }
        story.push(event);
    }
    json!(story)
}

/// What waits and what failed, so that every list has something to show.
async fn tell(client: &Client, base: &str, key: &str) {
    let send = |url: String, kind: &'static str, body: String| {
        client.post(url).bearer_auth(key).header("content-type", kind).body(body).send()
    };
    let link = json!({"target": "https://example.com/", "code": "spring"}).to_string();
    let made = send(format!("{base}/api/links"), "application/json", link).await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let batch = send(format!("{base}/api/events"), "application/cloudevents-batch+json", story().to_string());
    let taken = batch.await.unwrap();
    assert_eq!(taken.status(), StatusCode::ACCEPTED, "{}", taken.text().await.unwrap());
    let thread = json!({"courseId": "c-1", "title": "A title", "content": "Some content", "author": "u-1"}).to_string();
    let made = send(format!("{base}/api/discussions/threads"), "application/json", thread).await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    for list in ["dead-letters", "parked", "audit", "orders", "inventory"] {
        let is_there = || async {
            let answer = client.get(format!("{base}/api/{list}")).bearer_auth(key).send().await.ok()?;
            let page: Value = answer.json().await.ok()?;
            page["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(())
        };
        eventually("each list has something to show", PATIENCE, is_there).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes, and a tool of its own: make fuzz"]
async fn requests_made_up_from_the_description_find_nothing() {
    let stage = Stage::start(&["event-fanout", "order-consumer"]).await;
    let (base, key) = (&stage.base, &stage.key);
    tell(&Client::new(), base, key).await;

    let status = Command::new(root().join(".tools/venv/bin/schemathesis"))
        .args(["--config-file", "localstack/contract/schemathesis.toml", "run", "openapi.json", "--url", base])
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .current_dir(root())
        .status()
        .await
        .expect("`make fuzz` installs it");
    stage.stop().await;
    assert!(status.success(), "schemathesis found something; its words are above");
}
