use axum::body::Body;
use http::Request;
use http::header::AUTHORIZATION;

use crate::world::{Answer, NOW, World};

#[tokio::test]
async fn a_value_that_cannot_be_one_is_refused_with_its_name() {
    let world = World::new().await;
    world.create("t-1", "c-1", NOW).await;
    for (path, field) in [
        ("c-1?days=0", "days"),
        ("c-1?days=367", "days"),
        ("c-1?days=-1", "days"),
        ("c-1?days=1.5", "days"),
        ("c-1?days=99999999999999999999", "days"),
        ("c-1?days=", "days"),
        ("c-1?days=week", "days"),
        ("c-1?days=1&days=2", "query"),
        ("c-1?Days=1", "query"),
        ("c-1?period=day", "query"),
        ("c-1/top?period=year", "period"),
        ("c-1/top?period=Week", "period"),
        ("c-1/top?period=", "period"),
        ("c-1/top?period=day&date=2026-02-29", "date"),
        ("c-1/top?period=day&date=2026-13-01", "date"),
        ("c-1/top?period=day&date=2026-1-1", "date"),
        ("c-1/top?period=day&date=0000-01-01", "date"),
        ("c-1/top?period=day&date=-001-01-01", "date"),
        ("c-1/top?period=day&date=%2B026-01-01", "date"),
        ("c-1/top?period=day&date=10000-01-01", "date"),
        ("c-1/top?period=day&date=2026-11-21T12:00:00Z", "date"),
        ("c-1/top?period=day&date=today", "date"),
        ("c-1/top?period=day&date=", "date"),
        ("c-1/top?period=day&date=%00", "date"),
        // There is none to choose.
        ("c-1/top?date=2026-11-21", "date"),
        ("c-1/top?period=all&date=2026-11-21", "date"),
        ("c-1/top?limit=5", "query"),
        ("c-1/top?period=day&period=week", "query"),
    ] {
        let answer = world.get(&format!("/api/analytics/courses/{path}")).await;
        assert_eq!(answer.body["field"], field, "{path}: {answer:?}");
        let detail = answer.problem(400, "invalid-request");
        assert!(field == "query" || detail.contains(field), "{path}: {detail}");
    }
}

#[tokio::test]
async fn another_method_or_path_is_a_problem() {
    let world = World::new().await;
    let routes = ["/api/analytics/threads/t-1", "/api/analytics/courses/c-1", "/api/analytics/courses/c-1/top"];
    for path in routes {
        for method in ["POST", "PUT", "DELETE"] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header(AUTHORIZATION, format!("Bearer {}", world.key)).body(Body::empty()).unwrap();
            Answer::to(&world.router, request).await.problem(405, "method-not-allowed");
        }
    }
    for path in
        ["/", "/api/analytics", "/api/analytics/threads", "/api/analytics/threads/", "/api/analytics/threads/t-1/more"]
    {
        world.get(path).await.problem(404, "not-found");
    }
}
