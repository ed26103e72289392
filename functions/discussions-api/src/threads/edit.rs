use std::sync::Arc;

use api::{Failure, unread_body};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use events::{Data, Text, ThreadEdited};
use http::HeaderMap;
use serde::Deserialize;
use store::discussions::threads;
use utoipa::ToSchema;

use crate::answer::ThreadAnswer;
use crate::asked::person;
use crate::path::{ThreadInPath, thread_id};
use crate::problems::{no_thread, only_by};
use crate::{BODY_LIMIT, DiscussionsApi, asked, locked};

/// What is to be changed of a thread; what is null or missing stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = EditedThread)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditRequest {
    /// Who wrote the thread.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    author: String,
    /// What it is to be called, without control characters.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        example = "Where does a borrow end?"
    )]
    title: Option<String>,
    /// What it is to say. Of control characters it may have line feeds, carriage returns and tabs.
    #[schema(
        min_length = 1,
        max_length = 20000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        example = "It ends before I expected it to."
    )]
    content: Option<String>,
}

/// Edit a thread
///
/// For its author. What says the same as before changes nothing, and counts as no edit.
#[utoipa::path(
    patch,
    path = "/api/discussions/threads/{id}",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The thread's id")),
    request_body(content = EditRequest, description = "What is to be changed, of at most 256 KiB"),
    responses(
        (status = 200, description = "The thread", body = ThreadAnswer, headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
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
pub(crate) async fn edit_thread(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    let EditRequest { author, title, content } = api::json(&headers, &body, "an edit of a thread")?;
    let author = person("author", &author)?;
    let title = title.map(asked::title).transpose()?;
    let content = content.map(asked::content).transpose()?;
    let mut change = api.begin(&headers).await?;
    only_by(&locked::thread(change.connection(), id).await?.author_id, &author)?;
    let (now, edit) = (change.now(), (title.as_deref(), content.as_deref()));
    let version = threads::edit(change.connection(), id, edit, now).await?;
    let thread = threads::find(change.connection(), id).await?.ok_or_else(no_thread)?;
    if let Some(version) = version {
        let title = Text::new(thread.title.as_str()).expect("an event takes every title of so many characters");
        change
            .tell(version, Data::ThreadEdited(ThreadEdited { thread_id: thread_id(id), title, author_id: author }))
            .await?;
    }
    let timing = change.commit().await?;
    Ok((timing, Json(ThreadAnswer::of(thread))).into_response())
}
