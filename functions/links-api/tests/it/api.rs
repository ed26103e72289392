use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, Response, StatusCode};
use links_api::LinksApi;
use serde_json::{Value, json};
use settings::Environment;
use testkit::TestDatabase;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;

/// What the clock of every test says.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-15 12:34:56.789_123 UTC);

/// The interface, with a database of its own.
pub(crate) struct Api {
    pub(crate) database: TestDatabase,
    pub(crate) description: OpenApi,
    pub(crate) router: Router,
    /// Good for links.
    key: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::new().await;
        let key = testkit::api_key(&database, &["links"], &[]).await;
        let (router, description) = router(&database.url());
        Self { database, description, router, key }
    }

    /// The key that all is sent with.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Sends what follows with a key that is made now.
    pub(crate) async fn use_another_key(&mut self) {
        self.key = testkit::api_key(&self.database, &["links"], &[]).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts a link as JSON.
    pub(crate) async fn post(&self, link: &Value) -> Answer {
        self.post_with(&[], link).await
    }

    /// Posts a link as JSON, with more headers.
    pub(crate) async fn post_with(&self, headers: &[(&str, &str)], link: &Value) -> Answer {
        let request = Request::post("/api/links").header(CONTENT_TYPE, "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::from(link.to_string())).unwrap()).await
    }

    /// Makes a link with this code.
    pub(crate) async fn make(&self, code: &str) -> Answer {
        let made = self.post(&json!({ "target": "https://example.com/", "code": code })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made
    }

    /// Sends the request with the key.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", self.key).parse().unwrap());
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// How many links are stored.
    pub(crate) async fn links(&self) -> i64 {
        self.count("select count(*) from links").await
    }

    /// How many idempotency keys are stored.
    pub(crate) async fn keys(&self) -> i64 {
        self.count("select count(*) from idempotency_keys").await
    }

    async fn count(&self, statement: &'static str) -> i64 {
        testkit::sqlx::query_scalar(statement).fetch_one(&self.database.pool).await.unwrap()
    }
}

/// All routes on this database, with two connections, so that requests can meet there.
pub(crate) fn router(database_url: &str) -> (Router, OpenApi) {
    let environment = Environment::from_iter([
        ("DATABASE_URL", database_url),
        ("DATABASE_MAX_CONNECTIONS", "2"),
        ("PUBLIC_BASE_URL", "https://short.example"),
    ]);
    links_api::router(LinksApi::start(&environment, || NOW).unwrap())
}

impl Answer {
    pub(crate) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}, no JSON: {text:?}", parts.status));
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// Checks that this is a problem of this status and kind, and gives its detail.
    pub(crate) fn problem(&self, status: u16, slug: &str) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        assert!(self.body["title"].is_string(), "{self:?}");
        let detail = self.body["detail"].as_str().unwrap();
        // A sentence for the caller, and nothing of what is inside.
        assert!(detail.ends_with('.') && detail.len() < 300, "{detail}");
        for inside in ["sql", "postgres", "relation", "constraint", "axum", "serde", "deserialize", "pool"] {
            assert!(!detail.to_lowercase().contains(inside), "{detail}");
        }
        detail
    }

    /// As `problem`, about this field.
    pub(crate) fn problem_about(&self, status: u16, slug: &str, field: &str) -> &str {
        assert_eq!(self.body["field"], field, "{self:?}");
        self.problem(status, slug)
    }
}
