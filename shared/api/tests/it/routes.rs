use api::{Keys, Routes, Scope, route};
use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::shop::{NOW, Shop};

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let shop = Shop::open().await;
    let table = testkit::scope_table(&shop.router, &shop.description, &shop.database).await;
    assert_eq!(table, ["GET /goods: read", "POST /goods: admin", "GET /hours: open"]);
}

/// What the table is for.
#[tokio::test]
#[should_panic(expected = "GET /goods without a key")]
async fn a_route_without_a_check_is_found() {
    let shop = Shop::open().await;
    let open = Router::new().route("/goods", any(async || "anybody"));
    testkit::scope_table(&open, &shop.description, &shop.database).await;
}

#[tokio::test]
#[should_panic(expected = "GET /goods answers 200 OK to a key for links")]
async fn a_route_that_asks_for_another_scope_than_it_says_is_found() {
    let shop = Shop::open().await;
    let keys = Keys { pool: shop.database.pool.clone(), clock: || NOW };
    let (other, ()) = Routes::new(keys).needing(Scope::Links, route!(crate::shop::goods)).into_parts(());
    testkit::scope_table(&other, &shop.description, &shop.database).await;
}

#[tokio::test]
#[should_panic(expected = "GET /hours without a key")]
async fn a_route_that_asks_for_a_key_and_does_not_say_so_is_found() {
    let shop = Shop::open().await;
    let keys = Keys { pool: shop.database.pool.clone(), clock: || NOW };
    let (locked, ()) = Routes::new(keys).needing(Scope::Read, route!(crate::shop::hours)).into_parts(());
    let mut hours = shop.description.clone();
    hours.paths.paths.retain(|path, _| path == "/hours");
    testkit::scope_table(&locked, &hours, &shop.database).await;
}

#[tokio::test]
async fn what_is_open_says_so_and_refuses_nobody() {
    let shop = Shop::open().await;
    let described: Value = serde_json::to_value(&shop.description).unwrap();
    let get = &described["paths"]["/hours"]["get"];
    assert_eq!(get["description"], "When it is open.\n\nNeeds no API key.");
    assert_eq!((&get["security"], get["responses"].as_object().unwrap().len()), (&Value::Null, 1), "{get}");
    let asked = Request::get("/hours").body(Body::empty()).unwrap();
    assert_eq!(shop.send(asked).await.body, "always");
}

#[tokio::test]
async fn a_description_says_what_it_needs_and_how_it_is_refused() {
    let shop = Shop::open().await;
    let described: Value = serde_json::to_value(&shop.description).unwrap();
    let post = &described["paths"]["/goods"]["post"];
    assert_eq!(post["description"], "Sells them.\n\nNeeds an API key with the scope `admin`.");
    assert_eq!(post["security"][0]["apiKey"][0], "admin");
    for status in ["401", "403", "500", "503"] {
        let content = &post["responses"][status]["content"]["application/problem+json"];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{post}");
    }
    assert_eq!(described["paths"]["/goods"]["get"]["description"], "Needs an API key with the scope `read`.");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_anybody() {
    let shop = Shop::open().await;
    let ask = |method, path| Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    shop.send(ask(Method::GET, "/")).await.is_problem(StatusCode::NOT_FOUND, "not-found");
    let refused = shop.send(ask(Method::DELETE, "/goods")).await;
    refused.is_problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
    assert_eq!(refused.headers["allow"], "GET,HEAD,POST");
    shop.send(ask(Method::GET, "/goods")).await.is_unauthorized();
}
