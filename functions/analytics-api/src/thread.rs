use std::sync::Arc;

use api::{Failure, tagged};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use store::analytics::{self, Thread};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::AnalyticsApi;
use crate::path::{ThreadInPath, no_thread};

/// What happened to a thread. A sum may be below what it comes to in the end, and below 0, while events are on their way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThreadAnalytics)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadAnswer {
    /// Which thread.
    #[schema(example = "01932d3c-0000-7000-8000-000000000001")]
    thread_id: String,
    /// The course that it is in.
    #[schema(example = "rust-101")]
    course_id: String,
    /// What it is called; null where it was deleted.
    #[schema(required, example = "How do lifetimes work?")]
    title: Option<String>,
    /// Who began it.
    #[schema(example = "u-1842")]
    author_id: String,
    /// How often it was viewed.
    #[schema(example = 120)]
    views: i64,
    /// Comments, less those that were deleted.
    #[schema(example = 7)]
    comments: i64,
    /// Votes for it.
    #[schema(example = 12)]
    up_votes: i64,
    /// Votes against it.
    #[schema(example = 2)]
    down_votes: i64,
    /// views + 5 × comments + 3 × (upVotes − downVotes)
    #[schema(example = 185)]
    score: i64,
    /// When it was created, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When anything but a view happened last.
    #[serde(with = "time::serde::rfc3339")]
    last_activity_at: OffsetDateTime,
    /// When it was deleted; null for all others.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    deleted_at: Option<OffsetDateTime>,
}

/// What happened to a thread
///
/// Views, comments and votes since ever, as events told of them, and the score that the lists of the best are ordered by:
/// views + 5 × comments + 3 × (upVotes − downVotes). Votes on comments count nowhere here. A thread that was deleted is
/// shown with the time, and without its title.
#[utoipa::path(
    get,
    path = "/api/analytics/threads/{id}",
    tag = "analytics",
    params(
        ("id" = String, Path, description = "The thread's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "01932d3c-0000-7000-8000-000000000001"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The thread", body = ThreadAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 404,
            description = "No event told of such a thread",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_thread_analytics(
    State(api): State<Arc<AnalyticsApi>>,
    ThreadInPath(id): ThreadInPath,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut connection = api.pool.acquire().await?;
    let thread = analytics::thread(&mut connection, id.as_str()).await?;
    Ok(tagged(&headers, &ThreadAnswer::of(thread.ok_or_else(no_thread)?)))
}

impl ThreadAnswer {
    fn of(thread: Thread) -> Self {
        Self {
            thread_id: thread.thread_id,
            course_id: thread.course_id,
            title: thread.deleted_at.is_none().then_some(thread.title),
            author_id: thread.author_id,
            views: thread.views,
            comments: thread.comments,
            up_votes: thread.up_votes,
            down_votes: thread.down_votes,
            score: thread.score,
            created_at: thread.created_at,
            last_activity_at: thread.last_activity_at,
            deleted_at: thread.deleted_at,
        }
    }
}
