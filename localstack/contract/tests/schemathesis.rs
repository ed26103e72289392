//! Requests that schemathesis makes up from the description of the routes, against the built functions: `make fuzz`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::example;
use event_source::{Config, EventSource};
use events::{EventType, Topic};
use reqwest::{Client, StatusCode};
use runtime::{Runtime, RuntimeConfig};
use serde_json::{Value, json};
use template::{Function, Template};
use testkit::{TestDatabase, TestTopic, api_key, eventually, unique_name};
use tokio::process::Command;
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_mins(1);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A topic of its own in the place of each.
struct Topics(Vec<(Topic, TestTopic)>);

impl Topics {
    async fn new() -> Self {
        let mut topics = Vec::new();
        for topic in Topic::ALL {
            topics.push((topic, TestTopic::new(3).await));
        }
        Self(topics)
    }

    fn instead_of(&self, name: &str) -> Option<String> {
        let (_, topic) = self.0.iter().find(|(topic, _)| topic.default_name() == name)?;
        Some(topic.name.clone())
    }
}

/// What a function polls, with groups of its own.
fn poll(function: &Function, topics: &Topics, base: &str) -> watch::Sender<bool> {
    let (stop, stopped) = watch::channel(false);
    for mapping in &function.mappings {
        let mut mapping = mapping.clone();
        mapping.topic = topics.instead_of(&mapping.topic).unwrap();
        mapping.consumer_group = unique_name();
        let config = Config::new(function, &mapping, &testkit::bootstrap(), base);
        tokio::spawn(EventSource::run(config, stopped.clone()));
    }
    stop
}

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
    let (database, topics) = (TestDatabase::new().await, Topics::new().await);
    let functions = Template::read(&root().join("infra/template.yaml")).unwrap().functions;
    let consumers = ["event-fanout", "order-consumer"];
    let polled: Vec<Function> =
        functions.iter().filter(|function| consumers.contains(&function.name.as_str())).cloned().collect();
    assert_eq!(polled.len(), consumers.len());
    let binaries = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf();
    let mut config = RuntimeConfig::new(functions, binaries);
    config.env = [
        ("DATABASE_URL", database.url()),
        ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap()),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT".to_owned()),
        ("KAFKA_SASL_MECHANISM", String::new()),
        ("PUBLIC_BASE_URL", "https://short.example".to_owned()),
    ]
    .into_iter()
    .chain(topics.0.iter().map(|(topic, own)| (topic.variable(), own.name.clone())))
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    config.default_concurrency = 2;
    let running = Runtime::start(config).await.unwrap();
    let base = format!("http://{}", running.addr);
    let stops: Vec<_> = polled.iter().map(|function| poll(function, &topics, &base)).collect();
    let key = api_key(&database, &["links", "events:*", "read", "admin"], &["*"]).await;
    tell(&Client::new(), &base, &key).await;

    let status = Command::new(root().join(".tools/venv/bin/schemathesis"))
        .args(["--config-file", "localstack/contract/schemathesis.toml", "run", "openapi.json", "--url", &base])
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .current_dir(root())
        .status()
        .await
        .expect("`make fuzz` installs it");
    for stop in stops {
        stop.send_replace(true);
    }
    running.shutdown().await;
    assert!(status.success(), "schemathesis found something; its words are above");
}
