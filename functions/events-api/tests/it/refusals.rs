use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::api::{Api, BATCH, JSON, STRUCTURED, registered};

#[tokio::test]
async fn one_event_that_is_refused_keeps_a_whole_batch_back() {
    let api = Api::start().await;
    let mut bad = registered("e-2", "u-2");
    bad["data"]["email"] = json!("nobody");
    let refused = api.post(BATCH, json!([registered("e-1", "u-1"), bad, registered("e-3", "u-3")]).to_string()).await;
    refused.problem(422, "invalid-event", "events[1].data.email");
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_every_mode_by_its_field() {
    let api = Api::start().await;
    let edit = |pointer: &str, value: Value| {
        let mut json = registered("e-1", "u-1");
        let (outer, name) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(outer).unwrap()[name] = value;
        json
    };
    let cases = [
        (edit("/specversion", json!("0.3")), "specversion", "specversion"),
        (edit("/id", Value::Null), "id", "id"),
        (edit("/type", json!("user.lost")), "type", "eventType"),
        (edit("/type", json!("link.clicked")), "type", "eventType"),
        (edit("/source", json!("not a uri")), "source", "metadata.source"),
        (edit("/time", json!("2026-11-21T12:40:00Z")), "time", "timestamp"),
        (edit("/time", json!("soon")), "time", "timestamp"),
        (edit("/dataschema", json!("urn:onceward:event:user.registered:2.0")), "dataschema", ""),
        (edit("/partitionkey", json!("u-2")), "partitionkey", ""),
        (edit("/data/email", json!("nobody")), "data.email", "email"),
        (edit("/data/userId", json!(7)), "data.userId", "userId"),
        (edit("/data/userId", json!("operator:ada")), "data.userId", "userId"),
    ];
    for (json, field, plain) in cases {
        api.post(STRUCTURED, json.to_string()).await.problem(422, "invalid-event", field);
        let batch = api.post(BATCH, format!("[{json}]")).await;
        batch.problem(422, "invalid-event", &format!("events[0].{field}"));
        let attributes = json.as_object().unwrap().iter().filter(|(name, value)| *name != "data" && !value.is_null());
        let headers: Vec<_> = attributes
            .map(|(name, value)| (format!("ce-{name}"), value.as_str().unwrap().replace(' ', "%20")))
            .collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = headers.chain([("content-type", JSON)]).collect();
        api.post_with(&headers, json["data"].to_string()).await.problem(422, "invalid-event", field);
        // What the plain form cannot say it cannot get wrong.
        if !plain.is_empty() && !["specversion", "id"].contains(&plain) {
            let mut body = json["data"].clone();
            for (name, attribute) in [("eventType", "type"), ("eventId", "id"), ("timestamp", "time")] {
                body[name] = json[attribute].clone();
            }
            body["metadata"] = json!({"source": json["source"]});
            api.post(JSON, body.to_string()).await.problem(422, "invalid-event", plain);
        }
    }
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn a_body_that_is_not_the_json_that_it_should_be_is_a_400() {
    let api = Api::start().await;
    for body in ["", "{", "null", "7", "\"text\"", "{} {}", "{\"id\": \"\u{1}\"}", "\u{feff}{}"] {
        for content_type in [STRUCTURED, BATCH, JSON] {
            api.post(content_type, body).await.problem(400, "invalid-request", "body");
        }
    }
    api.post(STRUCTURED, "[]").await.problem(400, "invalid-request", "body");
    api.post(JSON, "[]").await.problem(400, "invalid-request", "body");
    api.post(BATCH, "{}").await.problem(400, "invalid-request", "body");
    api.post(STRUCTURED, b"{\"id\": \"\xff\"}".to_vec()).await.problem(400, "invalid-request", "body");
    let binary = [("content-type", JSON), ("ce-specversion", "1.0")];
    api.post_with(&binary, "{").await.problem(400, "invalid-request", "body");
    // An element of a batch has a place, and with it a flaw.
    api.post(BATCH, "[7]").await.problem(422, "invalid-event", "events[0]");
}

#[tokio::test]
async fn another_content_type_is_a_415() {
    let api = Api::start().await;
    let event = registered("e-1", "u-1").to_string();
    for content_type in [
        "",
        "text/plain",
        "application/xml",
        "application/cloudevents",
        "application/cloudevents+avro",
        "application/cloudevents-batch+xml",
        "application/vnd.campus+json",
        "application/json; charset=iso-8859-1",
        "application/cloudevents+json; charset=utf-16",
    ] {
        api.post(content_type, event.clone()).await.problem(415, "unsupported-media-type", "content-type");
    }
    assert_eq!(api.post_with(&[], event.clone()).await.status, 415);
    let binary = [("content-type", "text/xml"), ("ce-specversion", "1.0"), ("ce-id", "1")];
    assert_eq!(api.post_with(&binary, event).await.status, 415);
}

#[tokio::test]
async fn what_is_too_large_is_a_413_that_says_what() {
    let api = Api::with(&[], &[("max.message.bytes", "20000")]).await;
    let padded = |id: &str, bytes: usize| {
        let mut event = registered(id, id);
        event["data"]["padding"] = json!("x".repeat(bytes));
        event
    };
    api.post(STRUCTURED, padded("e-1", 1_000_000).to_string()).await.problem(413, "body-too-large", "body");
    api.post(STRUCTURED, padded("e-1", 960_000).to_string()).await.problem(413, "event-too-large", "body");
    let many: Vec<_> = (0..501).map(|place| registered(&place.to_string(), "u-1")).collect();
    api.post(BATCH, json!(many).to_string()).await.problem(413, "batch-too-large", "events");
    assert_eq!(api.published(), [], "nothing of a request that is refused here");
    // What a topic with a limit of its own says comes last, and names the event.
    let refused = api.post(BATCH, json!([registered("e-1", "u-1"), padded("e-2", 30_000)]).to_string()).await;
    refused.problem(413, "event-too-large", "events[1]");
    api.post(BATCH, json!(&many[..500]).to_string()).await.ids();
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let api = Api::start().await;
    for (method, path, status) in
        [("GET", "/api/events", 405), ("PUT", "/api/events", 405), ("POST", "/api/event", 404)]
    {
        let answer = api.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}
