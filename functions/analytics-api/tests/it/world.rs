//! The interface, with a database of its own, and discussions as their consumer writes them.

use analytics_api::AnalyticsApi;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use store::thread_aggregates::{self, Change, Content, Happened, Thread, Turn};
use testkit::TestDatabase;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;

/// What the clock of every test says: a Saturday.
pub const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

pub const VIEW: Change = Change { views: 1, comments: 0, up_votes: 0, down_votes: 0 };
pub const COMMENT: Change = Change { views: 0, comments: 1, up_votes: 0, down_votes: 0 };
pub const UP: Change = Change { views: 0, comments: 0, up_votes: 1, down_votes: 0 };
pub const DOWN: Change = Change { views: 0, comments: 0, up_votes: 0, down_votes: 1 };

pub struct World {
    pub database: TestDatabase,
    pub router: Router,
    pub description: OpenApi,
    /// Good for reading.
    pub key: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Null where nothing was sent.
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::new().await;
        let (router, description) = router(&[("DATABASE_URL", database.url())]);
        let key = testkit::api_key(&database, &["read"], &[]).await;
        Self { database, router, description, key }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(&self.router, path, &self.key).await
    }

    /// The body of a good answer.
    pub async fn must_get(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.body
    }

    /// The ids and scores of the best threads, in their order.
    pub async fn top(&self, path: &str) -> Vec<(String, i64)> {
        let body = self.must_get(path).await;
        let threads = body["threads"].as_array().unwrap().iter();
        threads
            .map(|thread| (thread["threadId"].as_str().unwrap().to_owned(), thread["score"].as_i64().unwrap()))
            .collect()
    }

    pub async fn create(&self, thread_id: &str, course_id: &str, at: OffsetDateTime) {
        create(&self.database, thread_id, course_id, at).await;
    }

    /// Something happens to a thread so many times.
    pub async fn happen(&self, thread_id: &str, times: usize, change: Change, at: OffsetDateTime) {
        let turn = if change.views == 0 { Turn::Active } else { Turn::Viewed };
        add(&self.database, &vec![happened(thread_id, change, turn, at); times]).await;
    }

    pub async fn delete(&self, thread_id: &str, at: OffsetDateTime) {
        add(&self.database, &[happened(thread_id, Change::default(), Turn::Deleted, at)]).await;
    }

    pub async fn rename(&self, thread_id: &str, title: &str, at: OffsetDateTime) {
        let turn = Turn::Titled { title: title.to_owned(), title_sequence: "2".to_owned() };
        add(&self.database, &[happened(thread_id, Change::default(), turn, at)]).await;
    }
}

/// All routes with these settings, and their description.
pub fn router(settings: &[(&str, String)]) -> (Router, OpenApi) {
    let environment = settings.iter().cloned().chain([("DATABASE_MAX_CONNECTIONS", "4".to_owned())]);
    analytics_api::router(AnalyticsApi::start(&environment.collect(), || NOW).unwrap())
}

/// A thread that `u-1` called `Title of <id>`.
pub async fn create(database: &TestDatabase, thread_id: &str, course_id: &str, at: OffsetDateTime) {
    let content = Content {
        course_id: course_id.to_owned(),
        title: format!("Title of {thread_id}"),
        author_id: "u-1".to_owned(),
    };
    let thread = Thread {
        thread_id: thread_id.to_owned(),
        content,
        title_sequence: "1".to_owned(),
        event_source: "/test".to_owned(),
        event_id: format!("created {thread_id}"),
        created_at: at,
    };
    let connection = &mut database.pool.acquire().await.unwrap();
    assert_eq!(thread_aggregates::insert(connection, &[&thread]).await.unwrap().len(), 1);
    let created = Turn::Created { course_id: course_id.to_owned() };
    add(database, &[happened(thread_id, Change::default(), created, at)]).await;
}

fn happened(thread_id: &str, change: Change, turn: Turn, happened_at: OffsetDateTime) -> Happened {
    Happened { thread_id: thread_id.to_owned(), change, happened_at, turn }
}

async fn add(database: &TestDatabase, happened: &[Happened]) {
    let mut transaction = database.pool.begin().await.unwrap();
    thread_aggregates::add(&mut transaction, happened).await.unwrap();
    transaction.commit().await.unwrap();
}

impl Answer {
    /// The answer to this key.
    pub async fn of(router: &Router, path: &str, key: &str) -> Self {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {key}"));
        Self::to(router, request.body(Body::empty()).unwrap()).await
    }

    pub async fn to(router: &Router, request: Request<Body>) -> Self {
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// Checks that this is a problem of this status and kind, and gives its detail.
    #[track_caller]
    pub fn problem(&self, status: u16, slug: &str) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
        let detail = self.body["detail"].as_str().unwrap();
        assert!(detail.ends_with('.') && !detail.to_lowercase().contains("sql"), "{detail}");
        detail
    }
}
