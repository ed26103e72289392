//! The interface, with a database and a topic of its own, and rows as consumers write them.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use read_api::ReadApi;
use serde_json::Value;
use settings::Environment;
use store::audit_log::{self, Entry};
use store::blocked_keys::{self, Queue};
use store::dead_letters::{self, DeadLetter};
use store::inbox::{self, Receipt, State};
use store::inventory::{self, Adjustment};
use store::orders::{self, Item, Order};
use store::parked_events::{self, Entity, NewlyParked};
use store::payments::{self, Payment};
use testkit::{TestDatabase, TestTopic, sqlx};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt;
use utoipa::openapi::OpenApi;

/// What the clock of every test says.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00.123_456 UTC);

pub struct World {
    pub database: TestDatabase,
    /// For what is put on record.
    pub audit: TestTopic,
    pub router: Router,
    pub description: OpenApi,
    /// Good for reading and for administration.
    pub key: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        let (database, audit) = (TestDatabase::new().await, TestTopic::new(1).await);
        let (router, description) = router(&database.url(), &testkit::bootstrap(), &audit.name);
        let key = testkit::api_key(&database, &["read", "admin"], &[]).await;
        Self { database, audit, router, description, key }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// The body of a good answer.
    pub async fn must_get(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.body
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, Some("application/json"), body.to_string()).await
    }

    pub async fn post_text(&self, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
        let request = Request::post(path);
        let request = content_type.into_iter().fold(request, |request, value| request.header(CONTENT_TYPE, value));
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Revokes a key.
    pub async fn revoke(&self, key_id: &str) {
        let mut request = Request::delete(format!("/api/keys/{key_id}")).body(Body::empty()).unwrap();
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", self.key).parse().unwrap());
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// Sends the request with the key.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", self.key).parse().unwrap());
        Answer::of(&self.router, request).await
    }

    /// A user who registered an hour ago.
    pub async fn user(&self, user_id: &str, email: &str) {
        sqlx::query(
            "insert into users (user_id, user_type, email, email_key, registered_at) values ($1, 'student', $2, lower($2), $3)",
        )
        .bind(user_id)
        .bind(email)
        .bind(NOW - Duration::HOUR)
        .execute(&self.database.pool)
        .await
        .unwrap();
    }

    /// An order of two mugs for 25 euros.
    pub async fn order(&self, order_id: &str, user_id: &str, placed_at: OffsetDateTime) {
        let items = vec![Item { sku: "mug".to_owned(), quantity: 2, unit_price: 1250 }];
        let order = Order {
            order_id: order_id.to_owned(),
            content: orders::Content { user_id: user_id.to_owned(), currency: "EUR".to_owned(), items },
            total: 2500,
            event_source: "/shop".to_owned(),
            event_id: format!("placed {order_id}"),
            placed_at,
        };
        let connection = &mut self.database.pool.acquire().await.unwrap();
        assert_eq!(orders::insert(connection, &[&order]).await.unwrap().len(), 1);
    }

    /// A payment of an order, settled or not, of so many cents.
    pub async fn pay(&self, payment_id: &str, order_id: &str, amount: i64, status: &str, settled_at: OffsetDateTime) {
        let payment = Payment {
            payment_id: payment_id.to_owned(),
            content: payments::Content {
                order_id: order_id.to_owned(),
                amount,
                currency: "EUR".to_owned(),
                status: status.to_owned(),
            },
            event_source: "/shop".to_owned(),
            event_id: format!("settled {payment_id}"),
            settled_at,
        };
        let connection = &mut self.database.pool.acquire().await.unwrap();
        assert_eq!(payments::insert(connection, &[&payment]).await.unwrap().len(), 1);
    }

    /// An adjustment of an article by so many.
    pub async fn adjust(&self, adjustment_id: &str, sku: &str, delta: i64, adjusted_at: OffsetDateTime) {
        let adjustment = Adjustment {
            adjustment_id: adjustment_id.to_owned(),
            content: inventory::Content { sku: sku.to_owned(), delta, reason: "delivery".to_owned() },
            event_source: "/shop".to_owned(),
            event_id: format!("adjusted {adjustment_id}"),
            adjusted_at,
        };
        let connection = &mut self.database.pool.acquire().await.unwrap();
        assert_eq!(inventory::insert(connection, &[&adjustment]).await.unwrap().len(), 1);
    }

    /// A login of the user, from 192.0.2.77.
    pub async fn login(&self, user_id: &str, event_id: &str, at: OffsetDateTime) {
        sqlx::query(
            "insert into user_auth_events (
                 user_id, event_source, event_id, action, status, ip_address, user_agent, occurred_at, recorded_at
             )
             values ($1, '/auth', $2, 'login', 'success', '192.0.2.77', 'Agent', $3, $4)",
        )
        .bind(user_id)
        .bind(event_id)
        .bind(at)
        .bind(NOW)
        .execute(&self.database.pool)
        .await
        .unwrap();
    }

    /// Entries of the audit log.
    pub async fn log(&self, entries: &[Entry]) {
        audit_log::append(&mut self.database.pool.acquire().await.unwrap(), entries, NOW).await.unwrap();
    }

    /// Keeps letters as the engine does, and gives their numbers.
    pub async fn letters(&self, letters: &[DeadLetter]) -> Vec<i64> {
        let mut connection = self.database.pool.acquire().await.unwrap();
        for letter in letters {
            let (source, event_id) = (letter.event_source.as_deref().unwrap(), letter.event_id.as_deref().unwrap());
            let (topic, partition, offset) = (letter.topic.as_str(), letter.partition, letter.offset);
            let receipt = Receipt { source, event_id, topic, partition, offset };
            inbox::claim(&mut connection, "event-fanout", &[receipt], State::DeadLettered, NOW).await.unwrap();
        }
        dead_letters::insert(&mut connection, "event-fanout", letters).await.unwrap();
        let offsets: Vec<i64> = letters.iter().map(|letter| letter.offset).collect();
        sqlx::query_scalar(
            "select dead_letter_id from dead_letters where record_offset = any($1) order by record_offset",
        )
        .bind(offsets)
        .fetch_all(&self.database.pool)
        .await
        .unwrap()
    }

    /// Parks an event of this key that waits for its user, as of so many seconds ago.
    pub async fn park(&self, key: &str, offset: i64, seconds_ago: i64) {
        let mut transaction = self.database.pool.begin().await.unwrap();
        let queue = Queue::of("user.events", 0, offset, Some(key.as_bytes()));
        let now = NOW - Duration::seconds(seconds_ago);
        blocked_keys::block(&mut transaction, "event-fanout", std::slice::from_ref(&queue), now).await.unwrap();
        let event_id = offset.to_string();
        let receipt = Receipt { source: "/test", event_id: &event_id, topic: "user.events", partition: 0, offset };
        inbox::claim(&mut transaction, "event-fanout", &[receipt], State::Parked, now).await.unwrap();
        let value = format!(r#"{{"userId":"{key}","ipAddress":"192.0.2.77"}}"#);
        let awaits = Entity::new("user", key);
        let parked = NewlyParked {
            queue,
            partition: 0,
            offset,
            record_time: None,
            key: Some(key.as_bytes()),
            value: value.as_bytes(),
            headers: b"[]".to_vec(),
            event_source: "/test",
            event_id: &event_id,
            awaits: Some(&awaits),
            next_try_at: Some(now + Duration::MINUTE),
        };
        parked_events::insert(&mut transaction, "event-fanout", &[parked], now).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Every row of the tables that administration may touch.
    pub async fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in [
            "users",
            "user_auth_events",
            "dead_letters",
            "inbox",
            "parked_events",
            "blocked_keys",
            "outbox",
            "audit_log",
        ] {
            let all = format!("select '{table} ' || to_jsonb(t)::text from {table} as t order by 1");
            let all = sqlx::AssertSqlSafe(all);
            rows.extend(sqlx::query_scalar::<_, String>(all).fetch_all(&self.database.pool).await.unwrap());
        }
        rows
    }

    /// What was put on record: event type, action, resource, status and detail of each, once it is in Kafka.
    pub fn on_record(&self) -> Vec<[String; 5]> {
        let data = |record: testkit::Read| {
            let event: Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
            assert_eq!((&event["type"], &event["source"]), (&"system.audit".into(), &"/onceward/read-api".into()));
            assert!(event["data"]["userId"].as_str().unwrap().starts_with("key:"), "{event}");
            ["eventType", "action", "resource", "status", "detail"]
                .map(|name| event["data"][name].as_str().unwrap_or_default().to_owned())
        };
        self.audit.read_all().into_iter().map(data).collect()
    }
}

/// All routes on this database, and their description, with a connection for each of a few requests at once.
pub fn router(database_url: &str, bootstrap: &str, audit_topic: &str) -> (Router, OpenApi) {
    let environment = Environment::from_iter([
        ("DATABASE_URL", database_url),
        ("DATABASE_MAX_CONNECTIONS", "4"),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
        ("TOPIC_SYSTEM_AUDIT", audit_topic),
        ("OUTBOX_DRAIN_MS", "5000"),
    ]);
    read_api::router(ReadApi::start(&environment, || NOW).unwrap())
}

/// A letter of the topic `user.events` whose event names the user that is its key.
pub fn letter(key: &str, offset: i64) -> DeadLetter {
    DeadLetter {
        topic: "user.events".to_owned(),
        partition: 1,
        offset,
        record_time: Some(NOW - Duration::HOUR),
        key: Some(key.as_bytes().to_vec()),
        value: Some(format!(r#"{{"userId":"{key}","offset":{offset}}}"#).into_bytes()),
        headers: br#"[["traceparent","MDAtYWI="],["","/w=="]]"#.to_vec(),
        event_source: Some("/shop".to_owned()),
        event_id: Some(format!("event-{offset}")),
        error_class: "email-taken",
        error: "another user, u-9, has the address".to_owned(),
        attempts: 1,
    }
}

/// An entry of this user, of so many seconds ago.
pub fn entry(user_id: &str, action: &str, seconds_ago: i64) -> Entry {
    Entry {
        chain: "user.events/0".to_owned(),
        event_source: "/shop".to_owned(),
        event_id: format!("{user_id}-{action}-{seconds_ago}"),
        event_type: "user.auth".to_owned(),
        user_id: user_id.to_owned(),
        action: action.to_owned(),
        resource: format!("users/{user_id}"),
        status: "success".to_owned(),
        detail: None,
        is_stale: false,
        correlation_id: None,
        causation_id: None,
        occurred_at: NOW - Duration::seconds(seconds_ago),
    }
}

impl Answer {
    pub async fn of(router: &Router, request: Request<Body>) -> Self {
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}, no JSON: {text:?}", parts.status));
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// Checks that this is a problem of this status and kind, and gives its detail.
    #[track_caller]
    pub fn problem(&self, status: u16, slug: &str) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
        let detail = self.body["detail"].as_str().unwrap();
        // A sentence for the caller, and nothing of what is inside.
        assert!(detail.ends_with('.') && detail.len() < 400, "{detail}");
        for inside in ["sql", "postgres", " relation", "constraint", "axum", "serde", "deserialize", "pool"] {
            assert!(!detail.to_lowercase().contains(inside), "{detail}");
        }
        detail
    }

    /// As `problem`, a 400 about this field.
    #[track_caller]
    pub fn invalid(&self, field: &str) -> &str {
        assert_eq!(self.body["field"], field, "{self:?}");
        self.problem(400, "invalid-request")
    }
}
