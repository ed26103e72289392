use std::net::TcpListener;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::Request;
use testkit::{break_tables, routes};
use tower::ServiceExt;
use utoipa::openapi::OpenApi;

use crate::api::{Answer, Api, router};

/// A good request of every route that is described.
fn requests(description: &OpenApi) -> Vec<Request<Body>> {
    let request = |(method, path): (&str, &str)| {
        let body = if method == "POST" { r#"{"target": "https://example.com/"}"# } else { "" };
        let request = Request::builder().method(method).uri(path.replace("{code}", "abc"));
        request.header("content-type", "application/json").body(Body::from(body)).unwrap()
    };
    let requests: Vec<_> = routes(description).into_iter().map(request).collect();
    assert!(requests.len() >= 3, "{requests:?}");
    requests
}

async fn assert_unavailable(address: std::net::SocketAddr) {
    let (router, description) = router(&format!("postgres://onceward_app@{address}/onceward"));
    // Whether it is good nobody can say.
    let key = format!("Bearer onceward_0123456789ab_{}", "A".repeat(43));
    for mut request in requests(&description) {
        request.headers_mut().insert("authorization", key.parse().unwrap());
        let started = Instant::now();
        let path = request.uri().to_string();
        let answer = Answer::of(router.clone().oneshot(request).await.unwrap()).await;
        assert!(started.elapsed() < Duration::from_millis(1500), "{path} after {:?}", started.elapsed());
        answer.problem(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "2", "{path}");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{answer:?}");
        assert!(!answer.body.to_string().contains(&address.to_string()), "{answer:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said_in_time() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_unavailable(closed).await;
}

/// As a server does that is overloaded, or behind a network that drops packets.
#[tokio::test]
async fn a_database_that_takes_the_connection_and_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_unavailable(silent.local_addr().unwrap()).await;
}

/// The key is good; what the request is for fails in the handler.
#[tokio::test]
async fn a_database_that_fails_behind_the_door_is_said_by_every_route() {
    let api = Api::start().await;
    break_tables(&api.database, api.key()).await;
    api.post(&serde_json::json!({})).await.problem(400, "invalid-request");
    for request in requests(&api.description) {
        let asked = format!("{} {}", request.method(), request.uri());
        let answer = api.send(request).await;
        assert_eq!(answer.status, 500, "{asked}: {answer:?}");
        answer.problem(500, "internal-error");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{asked}: {answer:?}");
    }
}
