//! What a function is invoked with.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use serde_json::json;
use testkit::TestTopic;

use crate::lambda::{Answer, Lambda};
use crate::support::{Source, config, producer, wait_for};

#[tokio::test]
async fn the_payload_is_the_one_that_lambda_documents() {
    let (topic, lambda) = (TestTopic::new(2).await, Lambda::start(|_| Answer::Success).await);
    let producer = producer(&testkit::bootstrap());
    let headers = OwnedHeaders::new()
        .insert(Header { key: "headerKey", value: Some("heaë".as_bytes()) })
        .insert(Header { key: "twice", value: Some(&[0, 127, 128, 255]) })
        .insert(Header { key: "twice", value: Some(b"") })
        .insert(Header { key: "null", value: None::<&[u8]> });
    let to = || FutureRecord::<str, str>::to(&topic.name).timestamp(1_545_084_650_987);
    let whole = to().partition(0).key("abc").payload("Hello from Kafka").headers(headers);
    producer.send(whole, crate::support::PATIENCE).await.unwrap();
    producer.send(to().partition(0).key("gone"), crate::support::PATIENCE).await.unwrap();
    producer.send(to().partition(1).payload("no key"), crate::support::PATIENCE).await.unwrap();
    let source = Source::start(config(&topic, &lambda));
    wait_for("three records", || lambda.records() == 3).await;
    source.stop().await;
    let mut records = serde_json::Map::new();
    for call in lambda.calls() {
        let mut payload = call.json();
        records.append(payload["records"].as_object_mut().unwrap());
        payload["records"] = json!({});
        let around = json!({
            "eventSource": "aws:kafka",
            "eventSourceArn":
                "arn:aws:kafka:us-east-1:123456789012:cluster/local/00000000-0000-0000-0000-000000000000-1",
            "bootstrapServers": testkit::bootstrap(),
            "records": {},
        });
        assert_eq!(payload, around);
    }
    let name = topic.name.as_str();
    let same = json!({ "topic": name, "timestamp": 1_545_084_650_987_i64, "timestampType": "CREATE_TIME" });
    let record = |own: serde_json::Value| {
        let mut record = same.clone();
        record.as_object_mut().unwrap().append(own.clone().as_object_mut().unwrap());
        record
    };
    let first = record(json!({
        "partition": 0,
        "offset": 0,
        "key": "YWJj",
        "value": "SGVsbG8gZnJvbSBLYWZrYQ==",
        "headers": [
            { "headerKey": [104, 101, 97, -61, -85] },
            { "twice": [0, 127, -128, -1] },
            { "twice": [] },
            { "null": [] },
        ],
    }));
    let tombstone = record(json!({ "partition": 0, "offset": 1, "key": "Z29uZQ==", "value": null, "headers": [] }));
    let without_key = record(json!({ "partition": 1, "offset": 0, "value": "bm8ga2V5", "headers": [] }));
    let expected = json!({ format!("{name}-0"): [first, tombstone], format!("{name}-1"): [without_key] });
    assert_eq!(serde_json::Value::Object(records), expected);
}
