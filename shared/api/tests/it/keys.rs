use std::time::{Duration as Wait, Instant};

use api::Key;
use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use time::Duration;

use crate::shop::{NOW, Shop, router, send};

#[tokio::test]
async fn a_good_key_is_let_in_and_its_caller_known() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    let id = key.parse::<Key>().unwrap().id().to_owned();
    for authorization in [format!("Bearer {key}"), format!("bearer {key}"), format!("BEARER  {key} ")] {
        let answer = shop.ask(&authorization).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.body["actor"], format!("key:{id}"));
        assert_eq!(answer.body["key"], id);
    }
}

#[tokio::test]
async fn what_is_no_key_is_not_let_in() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    shop.send(Request::get("/goods").body(Body::empty()).unwrap()).await.is_unauthorized();
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        key.clone(),
        format!("Basic {key}"),
        format!("Bearer: {key}"),
        format!("Bearer{key}"),
        format!("Bearer {}", key.to_uppercase()),
        format!("Bearer {key}A"),
        format!("Bearer {key}, {key}"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", key.replace("onceward", "other")),
        format!("Bearer onceward_{}'--_{}", &key[9..18], &key[22..]),
    ] {
        shop.ask(&authorization).await.is_unauthorized();
    }
    let bytes = Request::get("/goods").header(AUTHORIZATION, &b"Bearer \xff"[..]).body(Body::empty()).unwrap();
    shop.send(bytes).await.is_unauthorized();
    assert_eq!(shop.last_used().await, None);
}

#[tokio::test]
async fn an_id_without_its_secret_is_worth_nothing() {
    let shop = Shop::open().await;
    let (one, other) = (shop.key("read").await, shop.key("read").await);
    let [id, unknown] = [&one[..22], "onceward_000000000000_"];
    assert_eq!(shop.ask_with(&one).await.status, StatusCode::OK);
    shop.ask_with(&format!("{id}{}", &other[22..])).await.is_unauthorized();
    shop.ask_with(&format!("{id}{}", "A".repeat(43))).await.is_unauthorized();
    shop.ask_with(&format!("{unknown}{}", &one[22..])).await.is_unauthorized();
}

#[tokio::test]
async fn a_revoked_key_is_not_let_in_from_the_next_request_on() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    assert_eq!(shop.ask_with(&key).await.status, StatusCode::OK);
    shop.set("revoked_at", Some(NOW)).await;
    shop.ask_with(&key).await.is_unauthorized();
}

#[tokio::test]
async fn a_key_expires_at_its_very_moment() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    shop.set("expires_at", Some(NOW + Duration::MICROSECOND)).await;
    assert_eq!(shop.ask_with(&key).await.status, StatusCode::OK);
    shop.set("expires_at", Some(NOW)).await;
    shop.ask_with(&key).await.is_unauthorized();
}

#[tokio::test]
async fn a_key_for_something_else_is_told_what_it_lacks() {
    let shop = Shop::open().await;
    for scope in ["links", "discussions", "events:*", "events:user.auth", "admin"] {
        let key = shop.key(scope).await;
        let answer = shop.ask_with(&key).await;
        answer.is_problem(StatusCode::FORBIDDEN, "forbidden");
        assert_eq!(answer.body["detail"], "This API key lacks the scope read.");
    }
    let of_old = shop.key("nobody knows this scope any more").await;
    shop.ask_with(&of_old).await.is_problem(StatusCode::FORBIDDEN, "forbidden");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_so_before_the_body_is_read() {
    let shop = Shop::open().await;
    let post = |key: &str, body: Body| {
        let request = Request::builder().method(Method::POST).uri("/goods");
        request.header(AUTHORIZATION, format!("Bearer {key}")).body(body).unwrap()
    };
    // Whoever reads this one answers 413.
    let long = || Body::from("0123456789abcdef0");
    shop.send(post("nonsense", long())).await.is_unauthorized();
    let reader = shop.key("read").await;
    shop.send(post(&reader, long())).await.is_problem(StatusCode::FORBIDDEN, "forbidden");
    let admin = shop.key("admin").await;
    assert_eq!(shop.send(post(&admin, Body::from("0123456789abcdef"))).await.body, 16);
    let refused = shop.send(post(&admin, long())).await;
    refused.is_problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
}

/// To send the request again would not help.
#[tokio::test]
async fn a_mistake_of_ours_in_the_database_is_a_500() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    let owner = testkit::sqlx::PgPool::connect(&shop.database.owner_url()).await.unwrap();
    for mistake in [
        "revoke select on api_keys from onceward_app",
        "grant select on api_keys to onceward_app",
        "alter table api_keys rename column sources to gone",
    ] {
        testkit::sqlx::query(mistake).execute(&owner).await.unwrap();
        let answer = shop.ask_with(&key).await;
        if mistake.starts_with("grant") {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            continue;
        }
        answer.is_problem(StatusCode::INTERNAL_SERVER_ERROR, "internal-error");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{answer:?}");
        assert_eq!(answer.headers.get("retry-after"), None);
        assert!(!answer.body.to_string().contains("api_keys"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said_in_time_and_no_key_is_good() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (router, _) = router(&format!("postgres://onceward_app@{closed}/onceward"), || NOW);
    let started = Instant::now();
    let key = format!("Bearer onceward_0123456789ab_{}", "A".repeat(43));
    let request = |key: &str| Request::get("/goods").header(AUTHORIZATION, key).body(Body::empty()).unwrap();
    let answer = send(&router, request(&key)).await;
    answer.is_problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert!(started.elapsed() < Wait::from_millis(1500) && answer.headers["retry-after"] == "2", "{answer:?}");
    // What cannot be a key needs no database to be refused.
    send(&router, request("Bearer nonsense")).await.is_unauthorized();
}
