//! The interface with a database of its own, and what waits in its outbox.

use axum::Router;
use axum::body::{Body, to_bytes};
use discussions_api::DiscussionsApi;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use testkit::{TestDatabase, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use uuid::Uuid;

/// What the clock of every test says.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00.123_456 UTC);
/// Settings with which nothing is published, so that events can be looked at where they wait.
pub const OFF: [(&str, &str); 1] = [("OUTBOX_PUBLISHING", "off")];

const THREADS: &str = "/api/discussions/threads";

#[derive(Clone)]
pub struct Door {
    pub router: Router,
    /// Good for discussions.
    pub key: String,
}

pub struct World {
    pub database: TestDatabase,
    pub description: OpenApi,
    pub door: Door,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Null where there is none.
    pub body: Value,
}

impl World {
    /// One in which nothing is published.
    pub async fn new() -> Self {
        Self::with(&OFF).await
    }

    /// One with these settings beside those of the database.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new().await;
        let key = testkit::api_key(&database, &["discussions"], &[]).await;
        let (router, description) = router(&database.url(), settings);
        Self { database, description, door: Door { router, key } }
    }

    /// Sends what follows with a key that is made now.
    pub async fn use_another_key(&mut self) {
        self.door.key = testkit::api_key(&self.database, &["discussions"], &[]).await;
    }

    /// Creates a thread of `ada`, and says its path.
    pub async fn thread(&self) -> String {
        let made = self.door.post(THREADS, &new_thread()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        format!("{THREADS}/{}", made.body["threadId"].as_str().unwrap())
    }

    /// Has `bob` comment on the thread of a path, and says the path of the comment.
    pub async fn comment(&self, thread: &str) -> String {
        let made =
            self.door.post(&format!("{thread}/comments"), &json!({"author": "bob", "content": "Because."})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        format!("/api/discussions/comments/{}", made.body["commentId"].as_str().unwrap())
    }

    /// The events that wait, in the order in which they are published.
    pub async fn events(&self) -> Vec<Value> {
        let payloads: Vec<Vec<u8>> =
            sqlx::query_scalar("select payload from outbox order by seq").fetch_all(&self.database.pool).await.unwrap();
        payloads.iter().map(|payload| serde_json::from_slice(payload).unwrap()).collect()
    }

    /// The types of the events that wait.
    pub async fn told(&self) -> Vec<String> {
        self.events().await.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Every row that a change may touch.
    pub async fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in ["threads", "comments", "votes", "outbox", "idempotency_keys"] {
            let all = format!("select '{table} ' || to_jsonb(t)::text from {table} as t order by 1");
            let all = sqlx::AssertSqlSafe(all);
            rows.extend(sqlx::query_scalar::<_, String>(all).fetch_all(&self.database.pool).await.unwrap());
        }
        rows
    }

    /// Panics where a thread or comment counts other than there is.
    pub async fn counts_are_right(&self) {
        let wrong: Vec<String> = sqlx::query_scalar(
            "select to_jsonb(t)::text from threads as t
             where comments <> (select count(*) from comments as c where c.thread_id = t.thread_id and deleted_at is null)
             or last_place <> (select coalesce(max(place), 0) from comments as c where c.thread_id = t.thread_id)
             or last_place <> (select count(*) from comments as c where c.thread_id = t.thread_id)
             or (up_votes, down_votes) <> (
                 select count(*) filter (where vote = 'up'), count(*) filter (where vote = 'down')
                 from votes as v where v.thread_id = t.thread_id and v.comment_id is null
             )
             or version <> (select count(*) from outbox where aggregateid = t.thread_id::text)
             union all
             select to_jsonb(c)::text from comments as c
             where (up_votes, down_votes) <> (
                 select count(*) filter (where vote = 'up'), count(*) filter (where vote = 'down')
                 from votes as v where v.comment_id = c.comment_id
             )",
        )
        .fetch_all(&self.database.pool)
        .await
        .unwrap();
        assert!(wrong.is_empty(), "counts differ from what is counted:\n{}", wrong.join("\n"));
    }
}

impl Door {
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "").await
    }

    pub async fn delete(&self, path: &str, author: &str) -> Answer {
        self.ask(Method::DELETE, &format!("{path}?author={author}"), "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, body.to_string()).await
    }

    /// Sends what may be sent again with its `Idempotency-Key`.
    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json").header("idempotency-key", key);
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, body.to_string()).await
    }

    /// Gives somebody a vote on the thread or comment of a path.
    pub async fn vote(&self, path: &str, voter: &str, vote: &str) -> Answer {
        self.ask(Method::PUT, &format!("{path}/vote"), json!({"voter": voter, "vote": vote}).to_string()).await
    }

    pub async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Sends the request with the key.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", self.key).parse().unwrap());
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let body = match &*text {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| panic!("{}, no JSON: {text:?}", parts.status)),
        };
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// All routes on this database, and their description, with connections for several requests at once.
pub fn router(database_url: &str, settings: &[(&str, &str)]) -> (Router, OpenApi) {
    let own = [
        ("DATABASE_URL", database_url),
        ("DATABASE_MAX_CONNECTIONS", "8"),
        // A hundred requests at once wait for the eight.
        ("DATABASE_ACQUIRE_TIMEOUT_MS", "20000"),
    ];
    let environment = own.into_iter().chain(settings.iter().copied()).collect();
    discussions_api::router(DiscussionsApi::start(&environment, || NOW).unwrap())
}

/// A thread of `ada` that can be created.
pub fn new_thread() -> Value {
    json!({"courseId": "rust-101", "title": "When does a borrow end?", "content": "I expected the block.", "author": "ada"})
}

/// The id at the end of a path.
pub fn id(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

impl Answer {
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
