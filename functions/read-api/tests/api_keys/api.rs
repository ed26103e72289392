use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use read_api::ReadApi;
use serde_json::Value;
use settings::Environment;
use testkit::sqlx;
use testkit::{TestDatabase, TestTopic};
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;

/// What the clock of every test says.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:30.123_456_789 UTC);

/// The interface, with a database and a topic of its own, and an administrator's key.
pub struct Api {
    pub database: TestDatabase,
    pub topic: TestTopic,
    pub admin: String,
    router: Router,
}

/// What was answered; the body is null where there is none.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Api {
    pub async fn start() -> Self {
        Self::on(&testkit::bootstrap()).await
    }

    /// With this broker.
    pub async fn on(bootstrap: &str) -> Self {
        let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
        let environment = Environment::from_iter([
            ("DATABASE_URL", database.url().as_str()),
            ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
            ("TOPIC_SYSTEM_AUDIT", &topic.name),
            ("OUTBOX_DRAIN_MS", "3000"),
        ]);
        let (router, ()) = read_api::router(ReadApi::start(&environment, || NOW).unwrap());
        let admin = testkit::api_key(&database, &["admin"], &[]).await;
        Self { database, topic, admin, router }
    }

    /// Sends a request as an administrator.
    pub async fn ask(&self, method: Method, path: &str) -> Answer {
        self.send(&self.admin, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    }

    /// Asks for a key, as an administrator.
    pub async fn make(&self, wanted: &Value) -> Answer {
        self.post(Some("application/json"), wanted.to_string()).await
    }

    pub async fn post(&self, content_type: Option<&str>, body: String) -> Answer {
        let request = Request::post("/api/keys");
        let request = content_type.into_iter().fold(request, |request, kind| request.header(CONTENT_TYPE, kind));
        self.send(&self.admin, request.body(Body::from(body)).unwrap()).await
    }

    /// The status of a request that any key for reading may make.
    pub async fn read_with(&self, key: &str) -> StatusCode {
        self.send(key, Request::get("/users/nobody").body(Body::empty()).unwrap()).await.status
    }

    pub async fn send(&self, key: &str, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The events for the audit log that are in Kafka.
    pub fn published(&self) -> Vec<Value> {
        let read = |value: Option<Vec<u8>>| serde_json::from_slice(&value.unwrap()).unwrap();
        self.topic.read_all().into_iter().map(|record| read(record.value)).collect()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(statement).fetch_one(&self.database.pool).await.unwrap()
    }
}

impl Answer {
    /// Checks that this is a problem, and gives its detail.
    pub fn problem(&self, status: u16, slug: &str) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
        self.body["detail"].as_str().unwrap()
    }
}
