use axum::body::Body;
use http::{Method, Request};

use crate::api::Api;

#[tokio::test]
async fn a_code_that_no_link_has_is_not_found() {
    let api = Api::start().await;
    api.make("abc").await;
    for code in ["abcd", "ABC", "ab"] {
        api.get(&format!("/api/links/{code}")).await.problem(404, "not-found");
        api.get(&format!("/api/links/{code}/stats")).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_one_is_not_found() {
    let api = Api::start().await;
    let long = "x".repeat(10_000);
    for code in [
        "%00",
        "a%00b",
        "%ff",
        "%c3%28",
        "a%2Fb",
        "%",
        "%zz",
        "a%20b",
        "..%2f..",
        "%27%3B--",
        "é%E2%98%83",
        "a:b",
        &long,
    ] {
        let code = code.replace('é', "%C3%A9");
        api.get(&format!("/api/links/{code}")).await.problem(404, "not-found");
        api.get(&format!("/api/links/{code}/stats")).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_escaped_code_is_the_same_code() {
    let api = Api::start().await;
    let made = api.make("a-b").await;
    assert_eq!(api.get("/api/links/%61%2Db").await.body, made.body);
}

#[tokio::test]
async fn a_path_without_a_route_is_not_found() {
    let api = Api::start().await;
    for path in [
        "/",
        "/api",
        "/api/links/",
        "/api/links//stats",
        "/api/links/abc/",
        "/api/links/abc/stats/",
        "/api/links/a/b/c",
    ] {
        api.get(path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_answered_with_those_it_does() {
    let api = Api::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/api/links", "POST"),
        (Method::DELETE, "/api/links/abc", "GET,HEAD"),
        (Method::POST, "/api/links/abc/stats", "GET,HEAD"),
    ] {
        let refused = api.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        refused.problem(405, "method-not-allowed");
        assert_eq!(refused.headers["allow"], allowed, "{path}");
    }
}
