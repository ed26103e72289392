use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use testkit::api_key;

use crate::api::{Api, BATCH, JSON, STRUCTURED, event_of, registered};
use crate::log::log;

#[tokio::test]
async fn without_a_key_nothing_is_read() {
    let api = Api::start().await;
    let key = api.key.clone();
    for authorization in
        [None, Some("Bearer x".to_owned()), Some(format!("Basic {key}")), Some(format!("Bearer {key}x"))]
    {
        let request = Request::post("/api/events").header("content-type", STRUCTURED);
        let request = authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        let answer = api.send(request.body(Body::from("{")).unwrap()).await;
        assert_eq!(answer.body["type"], "urn:onceward:problem:unauthorized");
        assert_eq!(
            (answer.status.as_u16(), answer.headers["www-authenticate"].as_bytes()),
            (401, b"Bearer".as_slice())
        );
    }
}

#[tokio::test]
async fn a_key_sends_the_types_it_was_given_for_the_sources_it_was_given() {
    let api = Api::start().await;
    let key = api_key(&api.database, &["events:user.auth"], &["/campus"]).await;
    let post = async |body: String| api.post_as(&key, &[("content-type", BATCH)], body).await;
    let mut auth = registered("e-1", "u-1");
    auth["type"] = json!("user.auth");
    auth["data"] = json!({"userId": "u-1", "action": "login", "status": "success"});
    post(json!([auth]).to_string()).await.ids();

    let refused = post(json!([auth, registered("e-2", "u-1")]).to_string()).await;
    assert!(refused.problem(403, "forbidden", "events[1].type").contains("user.registered"));
    let mut elsewhere = auth.clone();
    elsewhere["source"] = json!("/elsewhere");
    let refused = post(json!([auth, elsewhere]).to_string()).await;
    assert!(refused.problem(403, "forbidden", "events[1].source").contains("/elsewhere"));
    assert_eq!(api.published().len(), 1, "nothing of a refused batch is published");

    let reader = api_key(&api.database, &["read", "admin"], &["*"]).await;
    let refused = api.post_as(&reader, &[("content-type", STRUCTURED)], "{").await;
    assert_eq!((refused.status.as_u16(), &refused.body["type"]), (403, &json!("urn:onceward:problem:forbidden")));
}

#[tokio::test]
async fn nobody_speaks_for_our_own_functions() {
    let api = Api::start().await;
    let named = api_key(&api.database, &["events:*"], &["/onceward/operator"]).await;
    let mut event = registered("e-1", "u-1");
    event["source"] = json!("/onceward/operator");
    for key in [&api.key, &named] {
        let refused = api.post_as(key, &[("content-type", STRUCTURED)], event.to_string()).await;
        refused.problem(403, "forbidden", "source");
    }
    assert_eq!(api.published(), []);
}

/// Whoever reads the audit log takes these for what a key or an operator did.
#[tokio::test]
async fn nobody_puts_a_deed_on_record_under_the_name_of_a_key_or_an_operator() {
    let api = Api::start().await;
    let auditor = api_key(&api.database, &["events:system.audit"], &["*"]).await;
    let own = format!("key:{}", &auditor[9..21]);
    for actor in ["key:0123456789ab", "operator:ada", own.as_str()] {
        let audit = json!({"eventType": "key.created", "userId": actor, "action": "create", "resource": "keys/k1", "status": "success"});
        let users = [
            ("system.audit", audit),
            ("user.registered", json!({"userId": actor, "userType": "student", "email": "a@example.com"})),
            ("user.updated", json!({"userId": actor, "updatedFields": ["email"], "email": "b@example.com"})),
            ("user.auth", json!({"userId": actor, "action": "login", "status": "success"})),
        ];
        for (event_type, data) in users {
            let event =
                json!({"specversion": "1.0", "id": "e-1", "source": "/campus", "type": event_type, "data": data});
            let key = if event_type == "system.audit" { &auditor } else { &api.key };
            let refused = api.post_as(key, &[("content-type", STRUCTURED)], event.to_string()).await;
            refused.problem(422, "invalid-event", "data.userId");
        }
    }
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn a_log_line_says_with_which_key_an_event_was_published_or_refused() {
    let api = Api::start().await;
    let key = api_key(&api.database, &["events:user.registered"], &["/campus"]).await;
    let post = async |event: Value| api.post_as(&key, &[("content-type", STRUCTURED)], event.to_string()).await;
    let mut auth = registered("e-type", "u-1");
    (auth["type"], auth["data"]) =
        (json!("user.auth"), json!({"userId": "u-1", "action": "login", "status": "success"}));
    let mut elsewhere = registered("e-source", "u-1");
    elsewhere["source"] = json!("/elsewhere");
    let log = log();
    post(registered("e-logged", "u-1")).await.ids();
    post(auth).await.problem(403, "forbidden", "type");
    post(elsewhere).await.problem(403, "forbidden", "source");
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    for (message, event) in
        [("Event published", "e-logged"), ("Event refused", "e-type"), ("Event refused", "e-source")]
    {
        let line = lines.iter().find(|line| line.contains(message) && line.contains(event));
        assert!(line.is_some_and(|line| line.contains(&format!("\"api_key.id\":\"{}\"", &key[9..21]))), "{lines:#?}");
    }
}

#[tokio::test]
async fn a_plain_event_without_a_source_has_that_of_a_key_for_one() {
    let api = Api::start().await;
    let one = api_key(&api.database, &["events:*"], &["/campus"]).await;
    let two = api_key(&api.database, &["events:*"], &["/campus", "/library"]).await;
    let plain = json!({"eventType": "user.auth", "userId": "u-1", "action": "login", "status": "success"}).to_string();
    api.post_as(&one, &[("content-type", JSON)], plain.clone()).await.ids();
    for key in [&two, &api.key] {
        let refused = api.post_as(key, &[("content-type", JSON)], plain.clone()).await;
        refused.problem(422, "invalid-event", "metadata.source");
    }
    let records = api.published();
    assert_eq!((records.len(), event_of(&records[0]).source.as_str()), (1, "/campus"));
}
