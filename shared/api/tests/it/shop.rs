use api::{Caller, Failure, Keys, Routes, Scope, route, unread_body};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::{Json, Router};
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use settings::Environment;
use testkit::{TestDatabase, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;

/// What the clock of every test says, where it says nothing else.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:30 UTC);

/// A small interface: a route for anybody, one for readers, and one for administrators that takes a body of at most 16 bytes.
pub struct Shop {
    pub database: TestDatabase,
    pub router: Router,
    pub description: OpenApi,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

#[utoipa::path(get, path = "/goods", responses((status = 200, description = "Who asks.", body = String)))]
pub async fn goods(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({ "actor": caller.actor(), "key": caller.key_id(), "caller": format!("{caller:?}") }))
}

#[utoipa::path(post, path = "/goods", description = "Sells them.", request_body(content = String), responses((status = 200, description = "How many bytes came.")))]
async fn sell(body: Result<Bytes, BytesRejection>) -> Result<Json<usize>, Failure> {
    body.map(|bytes| Json(bytes.len())).map_err(|error| unread_body(&error, 16).into())
}

#[utoipa::path(get, path = "/hours", description = "When it is open.", responses((status = 200, description = "The hours.", body = String)))]
pub async fn hours() -> Json<&'static str> {
    Json("always")
}

/// The routes of a shop, on this database.
pub fn router(url: &str, clock: fn() -> OffsetDateTime) -> (Router, OpenApi) {
    let environment = Environment::from_iter([("DATABASE_URL", url), ("DATABASE_ACQUIRE_TIMEOUT_MS", "700")]);
    let keys = Keys { pool: store::pool(&environment).unwrap(), clock };
    let all = Routes::new(keys).needing(Scope::Read, route!(goods)).needing(Scope::Admin, route!(sell));
    let (router, description) = all.open(route!(hours)).into_parts(());
    (router.layer(DefaultBodyLimit::max(16)), description)
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_at(|| NOW).await
    }

    pub async fn open_at(clock: fn() -> OffsetDateTime) -> Self {
        let database = TestDatabase::new().await;
        let (router, description) = router(&database.url(), clock);
        Self { database, router, description }
    }

    /// A key of this scope.
    pub async fn key(&self, scope: &str) -> String {
        testkit::api_key(&self.database, &[scope], &["*"]).await
    }

    /// Asks for the goods, with this `Authorization`.
    pub async fn ask(&self, authorization: &str) -> Answer {
        let request = Request::get("/goods").header(AUTHORIZATION, authorization);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn ask_with(&self, key: &str) -> Answer {
        self.ask(&format!("Bearer {key}")).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Changes all keys.
    pub async fn set(&self, column: &'static str, to: Option<OffsetDateTime>) {
        let statement = format!("update api_keys set {column} = $1");
        let owner = sqlx::PgPool::connect(&self.database.owner_url()).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(to).execute(&owner).await.unwrap();
    }

    pub async fn last_used(&self) -> Option<OffsetDateTime> {
        sqlx::query_scalar("select last_used_at from api_keys").fetch_one(&self.database.pool).await.unwrap()
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 100_000).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{}: {bytes:?}", parts.status));
    Answer { status: parts.status, headers: parts.headers, body }
}

impl Answer {
    /// Checks that this is the one answer to a key that is good for nothing.
    pub fn is_unauthorized(&self) {
        self.is_problem(StatusCode::UNAUTHORIZED, "unauthorized");
        assert_eq!(self.headers[WWW_AUTHENTICATE], "Bearer", "{self:?}");
    }

    pub fn is_problem(&self, status: StatusCode, slug: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
    }
}
