use std::sync::Arc;

use api::{Caller, Failure, Idempotency, invalid, unread_body};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use events::{CommentAdded, Data, UserId, uuid_v7_at};
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::Deserialize;
use serde_json::Value;
use store::PgConnection;
use store::discussions::comments::{self, NewComment};
use store::discussions::threads;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::CommentAnswer;
use crate::asked::person;
use crate::change::Change;
use crate::path::{ThreadInPath, comment_id, thread_id, uuid};
use crate::problems::{gone, missing};
use crate::{BODY_LIMIT, DiscussionsApi, asked};

/// A comment that is wanted.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewComment)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CommentRequest {
    /// Who writes it: nobody of the service itself.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    author: String,
    /// What it says. Of control characters it may have line feeds, carriage returns and tabs.
    #[schema(
        min_length = 1,
        max_length = 20000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        example = "It ends where it is used last."
    )]
    content: String,
    /// The comment of the same thread that it answers; null or missing where it answers the thread.
    #[schema(format = Uuid)]
    parent_id: Option<String>,
}

/// What a good request for a comment asks for.
struct Wanted {
    thread_id: Uuid,
    author: UserId,
    content: String,
    parent_id: Option<Uuid>,
}

/// Comment on a thread
///
/// A request that is sent again with its `Idempotency-Key` makes no second comment: it gets the first answer again.
#[utoipa::path(
    post,
    path = "/api/discussions/threads/{id}/comments",
    tag = "discussions",
    params(
        ("id" = Uuid, Path, description = "The thread's id"),
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "Any text that no other request of this kind by the same API key has",
            min_length = 1,
            max_length = 255,
            pattern = r"^[\t -~]+$"
        )
    ),
    request_body(content = CommentRequest, description = "The comment that is wanted, of at most 256 KiB"),
    responses(
        (status = 201, description = "The comment is there", body = CommentAnswer, headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
        (
            status = 400,
            description = "The body, a field of it or the `Idempotency-Key` cannot be taken; `field` names it",
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
            description = "The thread is deleted, or the comment that it answers is",
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
        (
            status = 422,
            description = "Another request was sent with this `Idempotency-Key`",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn add_comment(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    let wanted = wanted(id, api::json(&headers, &body, "a comment")?)?;
    let operation = format!("POST /api/discussions/threads/{id}/comments");
    let idempotency = Idempotency::read(&headers, &operation, &caller, &body)?;
    let mut change = api.begin(&headers).await?;
    let now = change.now();
    let answer = if let Some(answer) = idempotency.answered(change.connection(), now).await? {
        answer
    } else {
        let answer = add(&mut change, wanted).await?;
        idempotency.keep(change.connection(), &answer).await?;
        answer
    };
    let timing = change.commit().await?;
    Ok((StatusCode::CREATED, timing, Json(answer)).into_response())
}

fn wanted(thread_id: Uuid, request: CommentRequest) -> Result<Wanted, Problem> {
    let parent_id = request.parent_id.map(|parent| uuid(&parent).ok_or_else(no_parent)).transpose()?;
    Ok(Wanted {
        thread_id,
        author: person("author", &request.author)?,
        content: asked::content(request.content)?,
        parent_id,
    })
}

/// Adds the comment, and answers with what is shown of it.
async fn add(change: &mut Change<'_>, wanted: Wanted) -> Result<Value, Failure> {
    let Wanted { thread_id: id, author, content, parent_id } = wanted;
    let now = change.now();
    let Some(place) = threads::add_place(change.connection(), id).await? else {
        return Err(missing(change.connection(), id).await);
    };
    if let Some(parent_id) = parent_id {
        check_parent(change.connection(), id, parent_id).await?;
    }
    let comment = NewComment {
        comment_id: uuid_v7_at(now),
        thread_id: id,
        place: place.place,
        parent_id,
        author_id: author.to_string(),
        content,
        created_at: now,
    };
    let comment = comments::insert(change.connection(), &comment).await?;
    let told = CommentAdded {
        thread_id: thread_id(id),
        comment_id: comment_id(comment.comment_id),
        parent_id: parent_id.map(comment_id),
        author_id: author,
    };
    change.tell(place.version, Data::CommentAdded(told)).await?;
    Ok(serde_json::to_value(CommentAnswer::of(comment)).expect("an answer has text keys alone"))
}

/// Checks that a comment of the thread, which is locked, can be answered.
async fn check_parent(connection: &mut PgConnection, thread_id: Uuid, parent_id: Uuid) -> Result<(), Failure> {
    let parent = comments::find(connection, parent_id).await?;
    let parent = parent.filter(|parent| parent.thread_id == thread_id).ok_or_else(no_parent)?;
    if parent.deleted_at.is_some() {
        return Err(gone("The comment that it answers is deleted.").about("parentId").into());
    }
    Ok(())
}

fn no_parent() -> Problem {
    invalid("parentId", "The thread has no comment with this id.")
}
