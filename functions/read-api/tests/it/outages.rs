use std::net::TcpListener;

use axum::body::Body;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use testkit::{TestDatabase, sqlx};

use crate::world::{Answer, World, letter, router};

const GETS: [&str; 6] = [
    "/users/u-1",
    "/api/users/u-1/auth-events",
    "/api/audit",
    "/api/dead-letters",
    "/api/dead-letters/1",
    "/api/parked",
];

const POSTS: [(&str, &str); 3] = [
    ("/api/users/u-1/erase", ""),
    ("/api/dead-letters/redrive", r#"{"ids":[1]}"#),
    ("/api/dead-letters/1/discard", r#"{"reason":"a test"}"#),
];

/// Nobody can say whether the key is good.
#[tokio::test]
async fn a_database_that_is_away_is_said_by_every_route() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let router = router(&format!("postgres://onceward_app@{closed}/onceward"), &testkit::bootstrap(), "system.audit");
    let gets = GETS.map(|path| Request::get(path).body(Body::empty()).unwrap());
    let posts = POSTS.map(|(path, body)| {
        Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    });
    for mut request in gets.into_iter().chain(posts) {
        let key = format!("Bearer onceward_0123456789ab_{}", "A".repeat(43));
        request.headers_mut().insert(AUTHORIZATION, key.parse().unwrap());
        let answer = Answer::of(&router, request).await;
        answer.problem(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "2");
        assert!(!answer.body.to_string().contains(&closed.to_string()), "{answer:?}");
    }
}

/// What is done is done; that it was, the relay publishes when Kafka is back.
#[tokio::test]
async fn kafka_that_is_away_hinders_nobody() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut world = World::new().await;
    let environment = settings::Environment::from_iter([
        ("DATABASE_URL", world.database.url().as_str()),
        ("KAFKA_BOOTSTRAP_SERVERS", closed.to_string().as_str()),
    ]);
    let api = read_api::ReadApi::start(&environment, || crate::world::NOW).unwrap();
    world.router = read_api::router(api).0;
    world.user("u-1", "a@example.com").await;
    let ids = world.letters(&[letter("u-2", 1), letter("u-3", 2)]).await;
    for (path, body) in [
        ("/api/users/u-1/erase".to_owned(), json!(null)),
        ("/api/dead-letters/redrive".to_owned(), json!({"ids": [ids[0]]})),
        (format!("/api/dead-letters/{}/discard", ids[1]), json!({"reason": "a test"})),
    ] {
        let answer = world.post(&path, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(waiting(&world.database).await, 3);
}

async fn waiting(database: &TestDatabase) -> i64 {
    let statement = "select count(*) from outbox where aggregatetype = 'system.audit'";
    sqlx::query_scalar(statement).fetch_one(&database.pool).await.unwrap()
}
