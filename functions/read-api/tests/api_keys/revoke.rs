use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::Api;

async fn reader(api: &Api) -> (String, String) {
    let made = api.make(&json!({ "name": "reader", "scopes": ["read"] })).await.body;
    ["key", "keyId"].map(|field| made[field].as_str().unwrap().to_owned()).into()
}

#[tokio::test]
async fn a_revoked_key_is_worth_nothing_from_the_next_request_on() {
    let api = Api::start().await;
    let (key, id) = reader(&api).await;
    assert_eq!(api.read_with(&key).await, StatusCode::NOT_FOUND);
    let revoked = api.ask(Method::DELETE, &format!("/api/keys/{id}")).await;
    assert_eq!((revoked.status, revoked.body), (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(api.read_with(&key).await, StatusCode::UNAUTHORIZED);
    let listed = api.ask(Method::GET, "/api/keys").await.body;
    assert_eq!(listed["items"][0]["revokedAt"], "2026-11-21T09:30:30.123456Z");
}

#[tokio::test]
async fn a_key_is_revoked_once_however_often_it_is_asked_for_and_at_once_too() {
    let api = Api::start().await;
    let (_, id) = reader(&api).await;
    let path = format!("/api/keys/{id}");
    let (one, other) = tokio::join!(api.ask(Method::DELETE, &path), api.ask(Method::DELETE, &path));
    let again = api.ask(Method::DELETE, &path).await;
    assert_eq!([one.status, other.status, again.status], [StatusCode::NO_CONTENT; 3]);
    let kinds: Vec<Value> = api.published().into_iter().map(|event| event["data"]["eventType"].clone()).collect();
    assert_eq!(kinds, ["key.created", "key.revoked"]);
    assert_eq!(api.published()[1]["data"]["resource"], format!("keys/{id}"));
}

#[tokio::test]
async fn a_key_may_revoke_itself() {
    let api = Api::start().await;
    let path = format!("/api/keys/{}", &api.admin[9..21]);
    assert_eq!(api.ask(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    api.ask(Method::DELETE, &path).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn what_is_no_key_is_not_found() {
    let api = Api::start().await;
    let long = "0".repeat(10_000);
    for id in ["000000000000", "0", "%00", "0123456789AB", "%ff", &api.admin, &long] {
        let missing = api.ask(Method::DELETE, &format!("/api/keys/{id}")).await;
        let detail = missing.problem(404, "not-found").to_owned();
        assert!(!detail.contains(id), "{detail}");
    }
    assert_eq!(api.published().len(), 0);
}
