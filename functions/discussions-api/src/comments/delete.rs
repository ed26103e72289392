use std::sync::Arc;

use api::Failure;
use api::query::parameters;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use events::{CommentDeleted, Data};
use http::{HeaderMap, StatusCode};
use store::discussions::comments;

use crate::asked::AuthorQuery;
use crate::path::{CommentInPath, comment_id, thread_id};
use crate::problems::only_by;
use crate::{DiscussionsApi, locked};

/// Delete a comment
///
/// For its author, and for good. What it said is removed; it keeps its place, and so do answers to it.
#[utoipa::path(
    delete,
    path = "/api/discussions/comments/{id}",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The comment's id"), AuthorQuery),
    responses(
        (status = 204, description = "The comment is deleted", headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 403,
            description = "The API key lacks the scope `discussions`, or somebody else wrote it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "There is no comment with this id",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 410,
            description = "The comment was deleted before, or its thread is",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn delete_comment(
    State(api): State<Arc<DiscussionsApi>>,
    CommentInPath(id): CommentInPath,
    query: Result<Query<AuthorQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let author = parameters(query, "author")?.author()?;
    let mut change = api.begin(&headers).await?;
    let comment = locked::comment(change.connection(), id).await?;
    only_by(&comment.author_id, &author)?;
    let now = change.now();
    let version = comments::delete(change.connection(), &comment, now).await?;
    let told = CommentDeleted { thread_id: thread_id(comment.thread_id), comment_id: comment_id(id) };
    change.tell(version, Data::CommentDeleted(told)).await?;
    let timing = change.commit().await?;
    Ok((StatusCode::NO_CONTENT, timing).into_response())
}
