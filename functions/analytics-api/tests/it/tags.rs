//! Answers that tell themselves from others, and are not sent twice.

use axum::body::Body;
use http::Request;
use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, IF_NONE_MATCH};

use crate::world::{Answer, NOW, VIEW, World};

async fn ask(world: &World, method: &str, path: &str, tag: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header(IF_NONE_MATCH, tag);
    let request = request.header(AUTHORIZATION, format!("Bearer {}", world.key)).body(Body::empty()).unwrap();
    Answer::to(&world.router, request).await
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_304_until_something_of_it_changes() {
    let world = World::new().await;
    world.create("t-1", "c-1", NOW).await;
    let paths = [
        "/api/analytics/threads/t-1",
        "/api/analytics/courses/c-1",
        "/api/analytics/courses/c-1/top",
        "/api/analytics/courses/c-1/top?period=week",
    ];
    let mut tags = Vec::new();
    for path in paths {
        let first = world.get(path).await;
        assert_eq!((first.status.as_u16(), first.headers[CACHE_CONTROL].to_str().unwrap()), (200, "private, no-cache"));
        let tag = first.headers[ETAG].to_str().unwrap().to_owned();
        for method in ["GET", "HEAD"] {
            let again = ask(&world, method, path, &tag).await;
            assert_eq!((again.status.as_u16(), again.headers[ETAG].to_str().unwrap()), (304, tag.as_str()), "{path}");
            assert!(again.body.is_null(), "{again:?}");
        }
        tags.push(tag);
    }
    world.happen("t-1", 1, VIEW, NOW).await;
    for (path, old) in paths.iter().zip(&tags) {
        let changed = ask(&world, "GET", path, old).await;
        assert_eq!(changed.status, 200, "{path}");
        assert_ne!(changed.headers[ETAG].to_str().unwrap(), old, "{path}");
    }
    assert_eq!(ask(&world, "GET", "/api/analytics/threads/t-9", "*").await.status, 404);
    assert_eq!(ask(&world, "GET", "/api/analytics/courses/c-1?days=0", "*").await.status, 400);
}
