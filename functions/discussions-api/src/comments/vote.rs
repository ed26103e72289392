use std::sync::Arc;

use api::Failure;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use crate::path::CommentInPath;
use crate::vote::{Subject, VoteAnswer, VoteRequest, ballot, cast};
use crate::{DiscussionsApi, locked};

/// Vote on a comment
///
/// One vote a person: another one takes its place, and the same again changes nothing.
#[utoipa::path(
    put,
    path = "/api/discussions/comments/{id}/vote",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The comment's id")),
    request_body(content = VoteRequest, description = "The vote that somebody has from now on"),
    responses(
        (status = 200, description = "Their vote, and those of all", body = VoteAnswer, headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
        (
            status = 400,
            description = "The body or a field of it cannot be taken; `field` names it",
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
            description = "The comment or its thread is deleted",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 413,
            description = "The body has more than 256 KiB",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 415,
            description = "The body is not sent as application/json",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn vote_on_comment(
    State(api): State<Arc<DiscussionsApi>>,
    CommentInPath(id): CommentInPath,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let ballot = ballot(&headers, body)?;
    let mut change = api.begin(&headers).await?;
    let comment = locked::comment(change.connection(), id).await?;
    let subject = Subject {
        thread_id: comment.thread_id,
        comment_id: Some(id),
        up_votes: comment.up_votes,
        down_votes: comment.down_votes,
    };
    let answer = cast(&mut change, subject, ballot).await?;
    let timing = change.commit().await?;
    Ok((timing, Json(answer)).into_response())
}
