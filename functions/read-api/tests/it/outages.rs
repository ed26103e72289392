use std::net::TcpListener;

use axum::body::Body;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use testkit::{TestDatabase, break_tables, routes, sqlx};
use tokio::task::JoinSet;
use utoipa::openapi::OpenApi;

use crate::world::{Answer, World, letter, router};

/// What tells of others that are away, in its own way: `tests/operation` is about that.
const TELLS: [&str; 2] = ["/health", "/metrics"];

/// A good request of every route that is described: of some several. A route that is not known here is sent nothing.
fn requests(description: &OpenApi, other_key: &str) -> Vec<Request<Body>> {
    let mut requests = Vec::new();
    for (method, path) in routes(description).into_iter().filter(|(_, path)| !TELLS.contains(path)) {
        let bodies: &[&str] = match (method, path) {
            ("POST", "/api/keys") => &[r#"{"name":"a test","scopes":["read"]}"#],
            ("POST", "/api/dead-letters/redrive") => {
                &[r#"{"ids":[1]}"#, r#"{"filter":{}}"#, r#"{"filter":{},"dryRun":true}"#]
            }
            ("POST", "/api/dead-letters/{id}/discard") => &[r#"{"reason":"a test"}"#],
            _ => &[""],
        };
        let id = match path.split('/').find(|part| ["users", "keys"].contains(part)) {
            Some("users") => "u-1",
            Some(_) => other_key,
            None => "1",
        };
        for body in bodies {
            let request = Request::builder().method(method).uri(path.replace("{id}", id).replace("{sku}", "mug"));
            let request = request.header(CONTENT_TYPE, "application/json").body(Body::from(*body)).unwrap();
            requests.push(request);
        }
    }
    assert!(requests.len() >= 20, "{requests:?}");
    requests
}

/// Nobody can say whether the key is good.
#[tokio::test]
async fn a_database_that_is_away_is_said_by_every_route() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://onceward_app@{closed}/onceward");
    let (router, description) = router(&url, &testkit::bootstrap(), "system.audit");
    let mut answers = JoinSet::new();
    for mut request in requests(&description, "0123456789ab") {
        let key = format!("Bearer onceward_0123456789ab_{}", "A".repeat(43));
        request.headers_mut().insert(AUTHORIZATION, key.parse().unwrap());
        let router = router.clone();
        answers.spawn(async move { Answer::of(&router, request).await });
    }
    for answer in answers.join_all().await {
        answer.problem(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "2");
        assert!(!answer.body.to_string().contains(&closed.to_string()), "{answer:?}");
    }
}

/// The key is good; what the request is for fails in the handler.
#[tokio::test]
async fn a_database_that_fails_behind_the_door_is_said_by_every_route() {
    let world = World::new().await;
    let other = testkit::api_key(&world.database, &["read"], &[]).await;
    break_tables(&world.database, &world.key).await;
    world.get("/api/audit?limit=0").await.invalid("limit");
    for request in requests(&world.description, &other[9..21]) {
        let asked = format!("{} {}", request.method(), request.uri());
        let answer = world.send(request).await;
        assert_eq!(answer.status, 500, "{asked}: {answer:?}");
        answer.problem(500, "internal-error");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{asked}: {answer:?}");
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
    (world.router, ()) = read_api::router(api);
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
