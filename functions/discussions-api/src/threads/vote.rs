use std::sync::Arc;

use api::Failure;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use crate::path::ThreadInPath;
use crate::vote::{Subject, VoteAnswer, VoteRequest, ballot, cast};
use crate::{DiscussionsApi, locked};

/// Vote on a thread
///
/// One vote a person: another one takes its place, and the same again changes nothing.
#[utoipa::path(
    put,
    path = "/api/discussions/threads/{id}/vote",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The thread's id")),
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
            description = "There is no thread with this id",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 410,
            description = "The thread is deleted",
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
pub(crate) async fn vote_on_thread(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let ballot = ballot(&headers, body)?;
    let mut change = api.begin(&headers).await?;
    let thread = locked::thread(change.connection(), id).await?;
    let subject = Subject { thread_id: id, comment_id: None, up_votes: thread.up_votes, down_votes: thread.down_votes };
    let answer = cast(&mut change, subject, ballot).await?;
    let timing = change.commit().await?;
    Ok((timing, Json(answer)).into_response())
}
