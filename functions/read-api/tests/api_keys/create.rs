use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::sqlx;

use crate::api::Api;

#[tokio::test]
async fn a_new_key_is_shown_once_works_at_once_and_is_audited() {
    let api = Api::start().await;
    let wanted = json!({
        "name": "shop", "scopes": ["read", "events:user.registered"], "sources": ["/shop"],
        "expiresAt": "2026-12-21T10:30:00.123456789+01:00",
    });
    let made = api.make(&wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.headers["cache-control"], "no-store");
    let (id, key) = (made.body["keyId"].as_str().unwrap(), made.body["key"].as_str().unwrap());
    let actor = format!("key:{}", &api.admin[9..21]);
    let mut expected = json!({
        "keyId": id, "name": "shop", "scopes": ["read", "events:user.registered"], "sources": ["/shop"],
        "createdAt": "2026-11-21T09:30:30.123456Z", "createdBy": actor, "expiresAt": "2026-12-21T09:30:00.123456Z",
        "lastUsedAt": null, "revokedAt": null,
    });
    let listed = api.ask(Method::GET, "/api/keys").await;
    assert_eq!(listed.body["items"][0], expected);
    expected["key"] = key.into();
    assert_eq!(made.body, expected);
    assert!(!listed.body.to_string().contains(&key[22..]));
    assert_eq!(api.read_with(key).await, StatusCode::NOT_FOUND);
    let [event] = &api.published()[..] else { panic!("one event is published") };
    assert_eq!((&event["source"], &event["partitionkey"]), (&"/onceward/read-api".into(), &actor.as_str().into()));
    let audited = json!({
        "eventType": "key.created", "userId": actor, "action": "create", "resource": format!("keys/{id}"),
        "status": "success", "detail": "read events:user.registered",
    });
    assert_eq!(event["data"], audited);
    assert_eq!(api.count("outbox").await, 0);
}

#[tokio::test]
async fn the_database_has_nothing_that_a_key_could_be_made_from() {
    let api = Api::start().await;
    let made = api.make(&json!({ "name": "reader", "scopes": ["read"] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let kept: Vec<String> =
        sqlx::query_scalar("select to_jsonb(k)::text from api_keys as k").fetch_all(&api.database.pool).await.unwrap();
    let secret = &made.body["key"].as_str().unwrap()[22..];
    assert!(kept.len() == 2 && !kept.concat().contains(secret), "{kept:?}");
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_by_field_and_leaves_nothing() {
    let api = Api::start().await;
    let many: Vec<String> = (0..51).map(|n| format!("/{n}")).collect();
    let cases = [
        (json!({}), "body"),
        (json!([]), "body"),
        (json!({"name": "a", "scopes": "read"}), "body"),
        (json!({"name": "a", "scopes": ["read"], "scope": "admin"}), "body"),
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "a\u{0}", "scopes": ["read"]}), "name"),
        (json!({"name": "a\u{1b}[2J", "scopes": ["read"]}), "name"),
        (json!({"name": "x".repeat(129), "scopes": ["read"]}), "name"),
        (json!({"name": "a", "scopes": []}), "scopes"),
        (json!({"name": "a", "scopes": ["read", "Admin"]}), "scopes"),
        (json!({"name": "a", "scopes": ["events:link.clicked"], "sources": ["/a"]}), "scopes"),
        (json!({"name": "a", "scopes": ["\u{7}".repeat(10_000)]}), "scopes"),
        (json!({"name": "a", "scopes": ["events:*"]}), "sources"),
        (json!({"name": "a", "scopes": ["events:user.auth"], "sources": []}), "sources"),
        (json!({"name": "a", "scopes": ["read"], "sources": [""]}), "sources"),
        (json!({"name": "a", "scopes": ["read"], "sources": many}), "sources"),
        (json!({"name": "a", "scopes": ["read"], "expiresAt": "2026-11-21T09:30:30Z"}), "expiresAt"),
        (json!({"name": "a", "scopes": ["read"], "expiresAt": "tomorrow"}), "expiresAt"),
    ];
    for (wanted, field) in cases {
        let refused = api.make(&wanted).await;
        let detail = refused.problem(400, "invalid-request");
        assert!(detail.ends_with('.') && detail.len() < 400, "{detail}");
        assert_eq!(refused.body["field"], field, "{refused:?}");
    }
    assert_eq!((api.count("api_keys").await, api.count("outbox").await, api.published().len()), (1, 0, 0));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_kind_is_refused() {
    let api = Api::start().await;
    let wanted = json!({ "name": "a", "scopes": ["read"] }).to_string();
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        api.post(kind, wanted.clone()).await.problem(415, "unsupported-media-type");
    }
    let large = json!({ "name": "x".repeat(300_000), "scopes": ["read"] }).to_string();
    let refused = api.post(Some("application/json"), large).await;
    refused.problem(413, "body-too-large");
    api.post(Some("application/json"), "{".to_owned()).await.problem(400, "invalid-request");
}

#[tokio::test]
async fn each_scope_and_source_is_kept_once() {
    let api = Api::start().await;
    let wanted = json!({"name": "a", "scopes": ["events:*", "read", "events:*"], "sources": ["/a", "*", "/a"]});
    let made = api.make(&wanted).await.body;
    assert_eq!((&made["scopes"], &made["sources"]), (&json!(["events:*", "read"]), &json!(["/a", "*"])));
    assert_eq!(made["expiresAt"], Value::Null);
}

#[tokio::test]
async fn without_kafka_a_key_is_made_and_its_event_is_left_to_the_relay() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let api = Api::on(&closed.to_string()).await;
    let made = api.make(&json!({ "name": "a", "scopes": ["read"] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(api.read_with(made.body["key"].as_str().unwrap()).await, StatusCode::NOT_FOUND);
    assert_eq!(api.count("outbox").await, 1);
}

/// The audit trail and what it is about commit together.
#[tokio::test]
async fn a_key_whose_event_cannot_be_written_is_not_made() {
    let api = Api::start().await;
    let owner = sqlx::PgPool::connect(&api.database.owner_url()).await.unwrap();
    sqlx::query("revoke insert on outbox from onceward_app").execute(&owner).await.unwrap();
    api.make(&json!({ "name": "a", "scopes": ["read"] })).await.problem(500, "internal-error");
    let id = &api.admin[9..21];
    api.ask(Method::DELETE, &format!("/api/keys/{id}")).await.problem(500, "internal-error");
    assert_eq!((api.count("api_keys").await, api.count("api_keys where revoked_at is not null").await), (1, 0));
}
