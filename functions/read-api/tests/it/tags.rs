//! Answers that tell themselves from others, and are not sent twice.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::Request;
use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use tower::ServiceExt;

use crate::world::{NOW, World};

const TAGGED: [&str; 7] = [
    "/users/u-1",
    "/orders/o-1",
    "/api/orders",
    "/api/orders/o-1/payments",
    "/inventory/mug",
    "/api/inventory",
    "/api/inventory/mug/adjustments",
];

async fn ask(world: &World, method: &str, path: &str, tag: Option<&str>) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(AUTHORIZATION, format!("Bearer {}", world.key));
    let request = tag.into_iter().fold(request, |request, tag| request.header(IF_NONE_MATCH, tag));
    world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

fn tag(answer: &Response) -> String {
    answer.headers()[ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_304_until_something_of_it_changes() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW).await;
    world.adjust("a-1", "mug", 1, NOW).await;
    let mut tags = Vec::new();
    for path in TAGGED {
        let first = ask(&world, "GET", path, None).await;
        assert_eq!(
            (first.status().as_u16(), &first.headers()[CACHE_CONTROL]),
            (200, &"private, no-cache".parse().unwrap())
        );
        let tag = tag(&first);
        for method in ["GET", "HEAD"] {
            let again = ask(&world, method, path, Some(&tag)).await;
            assert_eq!(
                (again.status().as_u16(), again.headers()[ETAG].to_str().unwrap()),
                (304, tag.as_str()),
                "{path}"
            );
            assert!(to_bytes(again.into_body(), 1_000).await.unwrap().is_empty());
        }
        tags.push(tag);
    }
    world.pay("p-1", "o-1", 2500, "settled", NOW).await;
    world.adjust("a-2", "mug", -1, NOW).await;
    for (path, old) in TAGGED.iter().zip(&tags) {
        let changed = ask(&world, "GET", path, Some(old)).await;
        assert_eq!(changed.status(), 200, "{path}");
        assert_ne!(tag(&changed), *old, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_asked_for_wrongly_is_no_304() {
    let world = World::new().await;
    assert_eq!(ask(&world, "GET", "/orders/o-9", Some("*")).await.status(), 404);
    assert_eq!(ask(&world, "GET", "/api/orders?limit=0", Some("*")).await.status(), 400);
    assert_eq!(ask(&world, "GET", "/api/orders", Some("\"other\"")).await.status(), 200);
}
