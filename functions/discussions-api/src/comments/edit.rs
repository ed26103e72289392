use std::sync::Arc;

use api::{Failure, unread_body};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use events::{CommentEdited, Data};
use http::HeaderMap;
use serde::Deserialize;
use store::discussions::comments;
use utoipa::ToSchema;

use crate::answer::CommentAnswer;
use crate::asked::person;
use crate::path::{CommentInPath, comment_id, thread_id};
use crate::problems::{no_comment, only_by};
use crate::{BODY_LIMIT, DiscussionsApi, asked, locked};

/// What a comment is to say.
#[derive(Deserialize, ToSchema)]
#[schema(as = EditedComment)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditRequest {
    /// Who wrote the comment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    author: String,
    /// What it is to say. Of control characters it may have line feeds, carriage returns and tabs.
    #[schema(
        min_length = 1,
        max_length = 20000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        example = "It ends after it is used last."
    )]
    content: String,
}

/// Edit a comment
///
/// For its author. What says the same as before changes nothing, and counts as no edit.
#[utoipa::path(
    patch,
    path = "/api/discussions/comments/{id}",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The comment's id")),
    request_body(content = EditRequest, description = "What it is to say, of at most 256 KiB"),
    responses(
        (status = 200, description = "The comment", body = CommentAnswer, headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
        (
            status = 400,
            description = "The body or a field of it cannot be taken; `field` names it",
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
pub(crate) async fn edit_comment(
    State(api): State<Arc<DiscussionsApi>>,
    CommentInPath(id): CommentInPath,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    let EditRequest { author, content } = api::json(&headers, &body, "an edit of a comment")?;
    let (author, content) = (person("author", &author)?, asked::content(content)?);
    let mut change = api.begin(&headers).await?;
    let before = locked::comment(change.connection(), id).await?;
    only_by(&before.author_id, &author)?;
    let now = change.now();
    let version = comments::edit(change.connection(), &before, &content, now).await?;
    let comment = comments::find(change.connection(), id).await?.ok_or_else(no_comment)?;
    if let Some(version) = version {
        let told = CommentEdited { thread_id: thread_id(comment.thread_id), comment_id: comment_id(id) };
        change.tell(version, Data::CommentEdited(told)).await?;
    }
    let timing = change.commit().await?;
    Ok((timing, Json(CommentAnswer::of(comment))).into_response())
}
