use std::net::TcpListener;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::Request;
use tower::ServiceExt;

use crate::api::{Answer, router};

fn requests() -> [Request<Body>; 3] {
    let link = Body::from(r#"{"target": "https://example.com/"}"#);
    // Whether it is good nobody can say.
    let key = format!("Bearer onceward_0123456789ab_{}", "A".repeat(43));
    let requests = [
        Request::post("/api/links").header("content-type", "application/json").body(link).unwrap(),
        Request::get("/api/links/abc").body(Body::empty()).unwrap(),
        Request::get("/api/links/abc/stats").body(Body::empty()).unwrap(),
    ];
    requests.map(|mut request| {
        request.headers_mut().insert("authorization", key.parse().unwrap());
        request
    })
}

async fn assert_unavailable(address: std::net::SocketAddr) {
    let (router, _) = router(&format!("postgres://onceward_app@{address}/onceward"));
    for request in requests() {
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
