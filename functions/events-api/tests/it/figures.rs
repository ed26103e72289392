//! What events-api says of its publishing.

use serde_json::{Value, json};
use testkit::api_key;

use crate::api::{Api, BATCH, STRUCTURED, registered};
use crate::log::log;
use crate::outages::closed;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn audit(id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/campus", "type": "system.audit",
        "data": {"eventType": "grade.changed", "userId": "u-7", "action": "update", "resource": "courses/c-12", "status": "success"}
    })
}

/// The lines of figures about a topic.
fn figures_of(topic: &str) -> Vec<Value> {
    log().lines().into_iter().filter(|line| line.get("_aws").is_some() && line["topic"] == topic).collect()
}

/// A line as CloudWatch reads it, with this metric.
fn line_of(line: &Value, topic: &str, name: &str, unit: &str) -> Value {
    let group = json!({"Namespace": "Onceward", "Dimensions": [["function", "topic"]], "Metrics": [{"Name": name, "Unit": unit}]});
    json!({
        "_aws": {"Timestamp": 1_795_264_496_789_i64, "CloudWatchMetrics": [group]},
        "function": "events-api", "topic": topic, name: line[name],
    })
}

#[tokio::test]
async fn each_topic_of_a_request_has_a_line_with_the_time_it_took() {
    let log = log();
    let api = Api::start().await;
    let batch = json!([registered("e-1", "u-1"), audit("e-2"), registered("e-3", "u-2")]).to_string();
    let context = format!("00-{TRACE}-b7ad6b7169203331-01");
    api.post_with(&[("content-type", BATCH), ("traceparent", &context)], batch).await.ids();
    for topic in [&api.user_events.name, &api.system_audit.name] {
        let lines = figures_of(topic);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_eq!(lines[0], line_of(&lines[0], topic, "publish_duration_seconds", "Seconds"));
        let seconds = lines[0]["publish_duration_seconds"].as_f64().unwrap();
        assert!(seconds > 0.0 && seconds < 3.0, "{lines:#?}");
        let published = |line: &Value| line["message"] == "Event published" && line["kafka.topic"] == topic.as_str();
        let lines: Vec<Value> = log.lines().into_iter().filter(published).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line["trace.id"] == TRACE), "{lines:#?}");
    }
}

#[tokio::test]
async fn what_kafka_does_not_take_counts_as_failed_also_when_it_is_known_to_be_away() {
    let nowhere = closed();
    let api = Api::with(&[("KAFKA_BOOTSTRAP_SERVERS", &nowhere), ("KAFKA_OUTAGE_AFTER", "1")], &[]).await;
    let batch = json!([registered("e-1", "u-1"), registered("e-2", "u-2")]).to_string();
    for times in 1..=2 {
        assert_eq!(api.post(BATCH, batch.clone()).await.status, 503);
        let lines = figures_of(&api.user_events.name);
        assert_eq!(lines.len(), times, "{lines:#?}");
        let line = lines.last().unwrap();
        assert_eq!(line, &line_of(line, &api.user_events.name, "publish_failures", "Count"));
        assert_eq!(line["publish_failures"], 2.0);
    }
    assert_eq!(figures_of(&api.system_audit.name), [Value::Null; 0], "none was sent there");
}

#[tokio::test]
async fn no_line_has_a_key_or_an_address() {
    let log = log();
    let api = Api::start().await;
    let key = api_key(&api.database, &["events:user.registered"], &["/campus"]).await;
    let headers = [("content-type", STRUCTURED), ("user-agent", "agent of secrecy@example.com")];
    let mut event = registered("e-secret", "secrecy");
    api.post_as(&key, &headers, event.to_string()).await.ids();
    event["source"] = json!("/elsewhere");
    api.post_as(&key, &headers, event.to_string()).await.problem(403, "forbidden", "source");
    event["data"]["email"] = json!("secrecy@example.com@");
    api.post_as(&key, &headers, event.to_string()).await.problem(422, "invalid-event", "data.email");
    let text = log.text();
    assert!(text.contains("e-secret") && text.contains("publish_duration_seconds"), "{text}");
    assert!(!text.contains("secrecy@example.com") && !text.contains(&key[22..]), "{text}");
}
