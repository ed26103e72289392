//! Orders, payments and stock, as people read them.

use axum::body::{Body, to_bytes};
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::json;
use testkit::sqlx::{self, Connection as _, PgConnection};
use time::Duration;
use tower::ServiceExt;

use crate::world::{NOW, World};

#[tokio::test]
async fn an_order_is_shown_with_items_totals_and_payments_the_latest_first() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW - Duration::HOUR).await;
    world.pay("p-1", "o-1", 2000, "settled", NOW - Duration::MINUTE).await;
    world.pay("p-2", "o-1", 700, "settled", NOW).await;
    world.pay("p-3", "o-1", 50, "refunded", NOW).await;
    world.pay("p-4", "o-1", 9, "failed", NOW - Duration::HOUR).await;
    let recorded = "update orders set recorded_at = '2026-11-21 13:00Z'";
    let payments = "update payments set recorded_at = '2026-11-21 13:00Z'";
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    for statement in [recorded, payments] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    let payment = |id: &str, amount: i64, status: &str, at: &str| {
        json!({
            "paymentId": id, "amount": amount, "currency": "EUR", "status": status, "settledAt": at,
            "recordedAt": "2026-11-21T13:00:00Z",
        })
    };
    let expected = json!({
        "orderId": "o-1", "userId": "u-1", "currency": "EUR", "total": 2500, "settled": 2700, "refunded": 50,
        "paymentStatus": "overpaid", "placedAt": "2026-11-21T11:00:00.123456Z",
        "items": [{"sku": "mug", "quantity": 2, "unitPrice": 1250}],
        "payments": [
            payment("p-3", 50, "refunded", "2026-11-21T12:00:00.123456Z"),
            payment("p-2", 700, "settled", "2026-11-21T12:00:00.123456Z"),
            payment("p-1", 2000, "settled", "2026-11-21T11:59:00.123456Z"),
            payment("p-4", 9, "failed", "2026-11-21T11:00:00.123456Z"),
        ],
        "hasMorePayments": false, "source": "/shop", "eventId": "placed o-1", "recordedAt": "2026-11-21T13:00:00Z",
    });
    assert_eq!(world.must_get("/orders/o-1").await, expected);
}

/// As text: who reads numbers as floats would not see it.
#[tokio::test]
async fn sums_beyond_64_bits_are_shown_to_the_last_digit() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW).await;
    for n in 0..3 {
        world.pay(&format!("p-{n}"), "o-1", i64::MAX, "settled", NOW).await;
    }
    for path in ["/orders/o-1", "/api/orders", "/users/u-1"] {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {}", world.key));
        let answer = world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
        let text = String::from_utf8(body.into()).unwrap();
        assert!(text.contains(r#""settled":27670116110564327421,"#), "{text}");
    }
}

#[tokio::test]
async fn an_order_with_very_many_payments_shows_the_latest_and_says_that_there_are_more() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW).await;
    for n in 0..50 {
        world.pay(&format!("p-{n:02}"), "o-1", 1, "settled", NOW + Duration::seconds(n)).await;
    }
    let shown = world.must_get("/orders/o-1").await;
    assert_eq!((&shown["payments"][0]["paymentId"], &shown["hasMorePayments"]), (&json!("p-49"), &json!(false)));
    world.pay("p-50", "o-1", 1, "settled", NOW - Duration::HOUR).await;
    let shown = world.must_get("/orders/o-1").await;
    assert_eq!((&shown["payments"][49]["paymentId"], &shown["hasMorePayments"]), (&json!("p-00"), &json!(true)));
    assert_eq!((shown["payments"].as_array().unwrap().len(), &shown["settled"]), (50, &json!(51)));
}

#[tokio::test]
async fn a_user_is_shown_with_the_last_five_orders_that_are_theirs_the_latest_first() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.user("u-2", "b@example.com").await;
    for n in 0..7 {
        world.order(&format!("o-{n}"), "u-1", NOW - Duration::seconds(n / 2)).await;
    }
    world.order("other", "u-2", NOW).await;
    world.pay("p-1", "o-1", 2500, "settled", NOW).await;
    let orders = world.must_get("/users/u-1").await["orders"].clone();
    let ids: Vec<_> = orders.as_array().unwrap().iter().map(|order| order["orderId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["o-1", "o-0", "o-3", "o-2", "o-5"]);
    let latest = json!({
        "orderId": "o-1", "userId": "u-1", "currency": "EUR", "total": 2500, "settled": 2500, "refunded": 0,
        "paymentStatus": "paid", "placedAt": "2026-11-21T12:00:00.123456Z",
    });
    assert_eq!(orders[0], latest);
    world.post("/api/users/u-1/erase", &json!(null)).await;
    let erased = world.must_get("/users/u-1").await;
    assert_eq!((&erased["email"], &erased["orders"]), (&json!(null), &orders));
}

#[tokio::test]
async fn stock_is_shown_with_its_recent_adjustments() {
    let world = World::new().await;
    world.adjust("a-0", "card", 5, NOW).await;
    for n in 0..25 {
        world.adjust(&format!("a-{}", n + 1), "mug", -1, NOW + Duration::seconds(n)).await;
    }
    let shown = world.must_get("/inventory/mug").await;
    assert_eq!(
        (&shown["sku"], &shown["quantity"], &shown["oversold"], &shown["adjustments"]),
        (&json!("mug"), &json!(-25), &json!(true), &json!(25))
    );
    let recent = shown["recentAdjustments"].as_array().unwrap();
    assert_eq!((recent.len(), &recent[0]["adjustmentId"], &recent[0]["delta"]), (20, &json!("a-25"), &json!(-1)));
    assert_eq!((&recent[0]["reason"], &recent[0]["source"]), (&json!("delivery"), &json!("/shop")));
    let listed = world.must_get("/api/inventory").await;
    assert_eq!(listed["items"][0], json!({"sku": "card", "quantity": 5, "oversold": false, "adjustments": 1}));
    let oversold = world.must_get("/api/inventory?oversold=true").await;
    assert_eq!((&oversold["items"][0]["sku"], oversold["items"].as_array().unwrap().len()), (&json!("mug"), 1));
}

#[tokio::test]
async fn orders_are_listed_by_user_and_by_what_is_paid() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.user("u-2", "b@example.com").await;
    for (order, user) in [("o-1", "u-1"), ("o-2", "u-1"), ("o-3", "u-2")] {
        world.order(order, user, NOW).await;
    }
    world.pay("p-2", "o-2", 2500, "settled", NOW).await;
    world.pay("p-3", "o-3", 2600, "settled", NOW).await;
    for (query, expected) in [
        ("", &["o-3", "o-2", "o-1"][..]),
        ("?user=u-1", &["o-2", "o-1"]),
        ("?user=u-1&paymentStatus=paid", &["o-2"]),
        ("?paymentStatus=overpaid", &["o-3"]),
        ("?paymentStatus=unpaid", &["o-1"]),
        ("?paymentStatus=over_refunded", &[]),
        ("?user=nobody", &[]),
    ] {
        let page = world.must_get(&format!("/api/orders{query}")).await;
        let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|order| order["orderId"].clone()).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    for id in ["o-1", "%00", "%ff", "a%20b", "a%2Fb", &"x".repeat(129)] {
        for path in ["/orders/{}", "/api/orders/{}/payments", "/inventory/{}", "/api/inventory/{}/adjustments"] {
            world.get(&path.replace("{}", id)).await.problem(404, "not-found");
        }
    }
    assert_eq!(world.must_get("/api/orders").await, json!({"items": [], "next": null}));
    assert_eq!(world.must_get("/api/inventory").await, json!({"items": [], "next": null}));
}
