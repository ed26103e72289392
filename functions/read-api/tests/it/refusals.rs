use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::world::{NOW, World, letter};

const LISTS: [&str; 9] = [
    "/api/users/u-1/auth-events",
    "/api/orders",
    "/api/orders/o-1/payments",
    "/api/inventory",
    "/api/inventory/mug/adjustments",
    "/api/audit",
    "/api/dead-letters",
    "/api/parked",
    "/api/outbox",
];

#[tokio::test]
async fn a_parameter_that_is_none_or_is_given_twice_is_refused_by_each_list() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW).await;
    world.adjust("a-1", "mug", 1, NOW).await;
    for path in LISTS {
        for query in ["more=1", "limit=1&limit=2", "Limit=1"] {
            let detail = world.get(&format!("{path}?{query}")).await.invalid("query").to_owned();
            assert!(detail.contains("limit") && detail.contains("cursor"), "{detail}");
        }
        for limit in ["0", "501", "-1", "x", "1.5", "99999999999999999999", ""] {
            world.get(&format!("{path}?limit={limit}")).await.invalid("limit");
        }
        // Numbers, a moment out of the database's range, a text with NUL, and no JSON at all.
        let forged =
            ["x", "MQ", "WzEsMl0", "W10", "bnVsbA", "WzkyMjMzNzIwMzY4NTQ3NzU4MDcsImEiLDFd", "WzAsIlx1MDAwMCIsMV0"];
        for cursor in forged {
            let answer = world.get(&format!("{path}?cursor={cursor}")).await;
            assert!(answer.status.is_success() || answer.status == 400, "{path} {cursor}: {answer:?}");
        }
        world.get(&format!("{path}?cursor=x")).await.invalid("cursor");
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_one_is_refused_with_its_name() {
    let world = World::new().await;
    for (path, field) in [
        ("/api/orders?user=ada@example.com", "user"),
        ("/api/orders?user=", "user"),
        ("/api/orders?paymentStatus=late", "paymentStatus"),
        ("/api/orders?paymentStatus=Paid", "paymentStatus"),
        ("/api/orders?paymentStatus=", "paymentStatus"),
        ("/api/inventory?oversold=yes", "oversold"),
        ("/api/inventory?oversold=", "oversold"),
        ("/api/audit?user=ada@example.com", "user"),
        ("/api/audit?user=", "user"),
        ("/api/audit?resource=", "resource"),
        ("/api/audit?resource=%00", "resource"),
        ("/api/audit?action=a%00", "action"),
        ("/api/audit?correlationId=%00", "correlationId"),
        ("/api/audit?since=yesterday", "since"),
        ("/api/audit?until=2026-11-21", "until"),
        ("/api/audit?until=2026-11-21T12:00:00", "until"),
        ("/api/dead-letters?state=closed", "state"),
        ("/api/dead-letters?consumer=%00", "consumer"),
        ("/api/dead-letters?topic=", "topic"),
        ("/api/dead-letters?errorClass=%00", "errorClass"),
        ("/api/dead-letters?eventId=%00", "eventId"),
        ("/api/dead-letters?since=1", "since"),
        ("/api/dead-letters?until=1", "until"),
        ("/api/dead-letters?fromId=0", "fromId"),
        ("/api/dead-letters?toId=x", "toId"),
        ("/api/parked?consumer=%00", "consumer"),
        ("/api/outbox?topic=%00", "topic"),
        ("/api/outbox?topic=", "topic"),
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        answer.invalid(field);
    }
    // The ends of what a moment can be are no failure.
    for moment in ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59.999999999Z"] {
        world.must_get(&format!("/api/audit?since={moment}&until={moment}")).await;
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_it_should_be_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1)]).await;
    let discard = format!("/api/dead-letters/{}/discard", ids[0]);
    let before = world.everything().await;
    let redrives = [
        ("body", r"{}"),
        ("body", r#"{"ids":[1],"filter":{}}"#),
        ("body", r#"{"ids":[1],"more":1}"#),
        ("body", r#"{"ids":["x"]}"#),
        ("body", r#"{"ids":[1],"dryRun":"yes"}"#),
        ("body", r#"{"filter":{"more":1}}"#),
        ("ids", r#"{"ids":[]}"#),
        ("ids", r#"{"ids":[0]}"#),
        ("fromId", r#"{"filter":{"fromId":0}}"#),
        ("consumer", r#"{"filter":{"consumer":"\u0000"}}"#),
        ("since", r#"{"filter":{"since":"yesterday"}}"#),
        ("body", ""),
        ("body", "null"),
        ("body", "["),
    ];
    let redrives = redrives.map(|(field, body)| ("/api/dead-letters/redrive", field, body.to_owned()));
    let discards = [
        ("reason", r#"{"reason":""}"#.to_owned()),
        ("reason", r#"{"reason":" "}"#.to_owned()),
        ("reason", r#"{"reason":"a\u0000"}"#.to_owned()),
        ("reason", format!(r#"{{"reason":"{}"}}"#, "é".repeat(501))),
        ("body", "{}".to_owned()),
        ("body", r#"{"reason":1}"#.to_owned()),
        ("body", String::new()),
    ];
    let discards = discards.map(|(field, body)| (discard.as_str(), field, body));
    for (path, field, body) in redrives.into_iter().chain(discards) {
        let answer = world.post_text(path, Some("application/json"), body.clone()).await;
        assert_eq!(answer.status, 400, "{path} {body}: {answer:?}");
        answer.invalid(field);
    }
    let many = json!({"ids": (1..=10_001).collect::<Vec<_>>()});
    world.post("/api/dead-letters/redrive", &many).await.invalid("ids");
    for path in ["/api/dead-letters/redrive", &discard] {
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            let sent = world.post_text(path, kind, r#"{"reason":"a test","ids":[1]}"#).await;
            sent.problem(415, "unsupported-media-type");
        }
        let large = world.post_text(path, Some("application/json"), "x".repeat(300_000)).await;
        assert_eq!(large.body["field"], "body");
        large.problem(413, "body-too-large");
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn another_method_or_path_is_a_problem() {
    let world = World::new().await;
    for (method, path) in [
        ("POST", "/users/u-1"),
        ("DELETE", "/api/users/u-1/auth-events"),
        ("GET", "/api/users/u-1/erase"),
        ("POST", "/orders/o-1"),
        ("DELETE", "/api/orders"),
        ("PUT", "/inventory/mug"),
        ("POST", "/api/audit"),
        ("POST", "/api/dead-letters"),
        ("DELETE", "/api/dead-letters/1"),
        ("GET", "/api/dead-letters/redrive"),
        ("GET", "/api/dead-letters/1/discard"),
        ("PUT", "/api/parked"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        world.send(request).await.problem(405, "method-not-allowed");
    }
    for path in ["/", "/users", "/users/", "/api/users/u-1", "/api/dead-letters/1/more"] {
        world.get(path).await.problem(404, "not-found");
    }
}
