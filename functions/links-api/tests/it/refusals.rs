use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::api::{Answer, Api};

async fn post_text(api: &Api, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let request = Request::post("/api/links");
    let request = content_type.into_iter().fold(request, |request, value| request.header("content-type", value));
    api.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_target_that_cannot_be_one_is_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let long = format!("https://example.com/{}", "a".repeat(2048));
    for target in [
        "",
        "example.com",
        "//example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://short.example/abc",
        "https://SHORT.example./abc",
        "https://exa\0mple.com/",
        "https://",
        long.as_str(),
    ] {
        let refused = api.post_with(&[("idempotency-key", "key")], &json!({ "target": target })).await;
        let detail = refused.problem_about(400, "invalid-request", "target");
        assert!(!detail.contains("secret"), "{detail}");
    }
    assert_eq!((api.links().await, api.keys().await), (0, 0));
}

#[tokio::test]
async fn control_characters_in_a_target_are_stored_escaped_or_not_at_all() {
    let api = Api::start().await;
    for target in ["https://example.com/\u{0}", "https://example.com/?\u{7f}", "https://example.com/#\u{1}\r\nx: y"] {
        let made = api.post(&json!({ "target": target })).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(made.body["target"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_graphic()), "{made:?}");
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_one_is_refused() {
    let api = Api::start().await;
    let long = "x".repeat(65);
    for code in ["", "a b", "a/b", "a.b", "é", "a\0", "abc\n", "%61", long.as_str()] {
        let refused = api.post(&json!({ "target": "https://example.com/", "code": code })).await;
        refused.problem_about(400, "invalid-request", "code");
    }
    assert_eq!(api.links().await, 0);
}

#[tokio::test]
async fn a_code_that_is_kept_for_the_service_is_taken_in_any_case() {
    let api = Api::start().await;
    for code in ["api", "API", "Health", "metrics"] {
        let refused = api.post(&json!({ "target": "https://example.com/", "code": code })).await;
        refused.problem_about(409, "code-taken", "code");
    }
    assert_eq!(api.links().await, 0);
}

#[tokio::test]
async fn a_body_that_is_no_link_is_refused() {
    let api = Api::start().await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        r#"{"target": 1}"#,
        r#"{"target": null}"#,
        r#"{"target": "https://example.com/", "code": 1}"#,
        r#"{"target": "https://example.com/", "more": true}"#,
        r#"{"target": "https://example.com/", "target": "https://example.org/"}"#,
        r#"{"target": "https://example.com/"} {}"#,
        r#"{"target": "https://example.com/\ud800"}"#,
    ] {
        post_text(&api, Some("application/json"), body).await.problem_about(400, "invalid-request", "body");
    }
    let invalid_utf8 = b"{\"target\": \"https://example.com/\xff\"}".to_vec();
    post_text(&api, Some("application/json"), invalid_utf8).await.problem_about(400, "invalid-request", "body");
    assert_eq!(api.links().await, 0);
}

#[tokio::test]
async fn a_field_that_is_not_known_is_named() {
    let api = Api::start().await;
    let refused = api.post(&json!({ "target": "https://example.com/", "alias": "abc" })).await;
    let detail = refused.problem_about(400, "invalid-request", "body");
    assert!(detail.contains("alias") && detail.contains("code"), "{detail}");
}

/// A detail that quotes the request must not grow with it.
#[tokio::test]
async fn a_field_with_a_long_name_is_not_echoed_in_full() {
    let api = Api::start().await;
    let name = "x".repeat(10_000);
    let refused = api.post(&json!({ "target": "https://example.com/", name: true })).await;
    refused.problem_about(400, "invalid-request", "body");
}

#[tokio::test]
async fn what_is_not_sent_as_json_is_not_read_as_json() {
    let api = Api::start().await;
    let link = r#"{"target": "https://example.com/"}"#;
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp"), Some("")]
    {
        post_text(&api, content_type, link).await.problem(415, "unsupported-media-type");
    }
    assert_eq!(api.links().await, 0);
    for content_type in ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=utf-8"] {
        assert_eq!(post_text(&api, Some(content_type), link).await.status, 201, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let api = Api::start().await;
    for size in [20_000, 3_000_000] {
        let body = format!(r#"{{"target": "https://example.com/", "code": "{}"}}"#, "x".repeat(size));
        post_text(&api, Some("application/json"), body).await.problem(413, "body-too-large");
    }
    assert_eq!(api.links().await, 0);
}
