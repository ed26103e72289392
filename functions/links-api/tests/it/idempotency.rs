use http::StatusCode;
use serde_json::{Value, json};

use crate::api::{Answer, Api};

async fn post(api: &Api, key: &str, link: &Value) -> Answer {
    api.post_with(&[("idempotency-key", key)], link).await
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_link() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/" });
    let first = post(&api, "key", &link).await;
    let again = post(&api, "key", &link).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_ne!(post(&api, "another key", &link).await.body["code"], first.body["code"]);
    assert_eq!(api.links().await, 2);
}

#[tokio::test]
async fn an_idempotency_key_is_that_of_its_api_key_alone() {
    let mut api = Api::start().await;
    let link = json!({ "target": "https://example.com/" });
    let first = post(&api, "key", &link).await;
    api.use_another_key().await;
    let second = post(&api, "key", &link).await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_ne!(second.body["code"], first.body["code"], "what one was answered is not for the other");
    // Nor does another body tell that there is one.
    let other = json!({ "target": "https://example.org/" });
    post(&api, "key", &other).await.problem_about(422, "idempotency-key-reused", "Idempotency-Key");
    api.use_another_key().await;
    assert_eq!(post(&api, "key", &other).await.status, StatusCode::CREATED);
    assert_eq!((api.links().await, api.keys().await), (3, 3));
}

#[tokio::test]
async fn an_own_code_again_is_the_same_link_and_not_one_that_is_taken() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/", "code": "abc" });
    let first = post(&api, "key", &link).await;
    assert_eq!(post(&api, "key", &link).await.body, first.body);
    post(&api, "another key", &link).await.problem_about(409, "code-taken", "code");
}

#[tokio::test]
async fn two_at_once_make_one_link() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/" });
    for key in ["1", "2", "3", "4", "5"] {
        let (one, other) = tokio::join!(post(&api, key, &link), post(&api, key, &link));
        assert_eq!((one.status, &one.body), (StatusCode::CREATED, &other.body));
        assert_eq!(one.status, other.status);
    }
    assert_eq!(api.links().await, 5);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let api = Api::start().await;
    let first = post(&api, "key", &json!({ "target": "https://example.com/" })).await;
    let other = post(&api, "key", &json!({ "target": "https://example.org/" })).await;
    other.problem_about(422, "idempotency-key-reused", "Idempotency-Key");
    assert_eq!(post(&api, "key", &json!({ "target": "https://example.com/" })).await.body, first.body);
    assert_eq!(api.links().await, 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/" });
    let long = "k".repeat(256);
    for key in ["", "é", long.as_str()] {
        post(&api, key, &link).await.problem_about(400, "invalid-request", "Idempotency-Key");
    }
    assert_eq!((api.links().await, api.keys().await), (0, 0));
    assert_eq!(post(&api, &"k".repeat(255), &link).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_request_that_failed_does_not_burn_its_key() {
    let api = Api::start().await;
    api.make("abc").await;
    let taken = json!({ "target": "https://example.com/", "code": "abc" });
    post(&api, "key", &taken).await.problem_about(409, "code-taken", "code");
    post(&api, "key", &json!({ "target": "nonsense" })).await.problem_about(400, "invalid-request", "target");
    assert_eq!(api.keys().await, 0);
    assert_eq!(post(&api, "key", &json!({ "target": "https://example.com/" })).await.status, StatusCode::CREATED);
}
