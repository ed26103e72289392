use std::sync::Arc;

use api::{Caller, Failure, Idempotency, unread_body};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use events::{CourseId, Data, Text, ThreadCreated, UserId, uuid_v7_at};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::Deserialize;
use serde_json::Value;
use store::discussions::threads::{self, NewThread};
use utoipa::ToSchema;

use crate::answer::ThreadAnswer;
use crate::asked::{id, person};
use crate::change::Change;
use crate::path::thread_id;
use crate::{BODY_LIMIT, DiscussionsApi, asked};

/// A thread that is wanted.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewThread)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ThreadRequest {
    /// The course that it is about.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "rust-101")]
    course_id: String,
    /// What it is called, without control characters.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        example = "When does a borrow end?"
    )]
    title: String,
    /// What it says. Of control characters it may have line feeds, carriage returns and tabs.
    #[schema(
        min_length = 1,
        max_length = 20000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        example = "I expected it to last until the end of the block."
    )]
    content: String,
    /// Who writes it: nobody of the service itself.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    author: String,
}

/// What a good request for a thread asks for.
struct Wanted {
    course: CourseId,
    title: String,
    content: String,
    author: UserId,
}

/// Create a thread
///
/// A request that is sent again with its `Idempotency-Key` creates no second thread: it gets the first answer again.
#[utoipa::path(
    post,
    path = "/api/discussions/threads",
    tag = "discussions",
    params(
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "Any text that no other request of this kind by the same API key has",
            min_length = 1,
            max_length = 255,
            pattern = r"^[\t -~]+$"
        )
    ),
    request_body(content = ThreadRequest, description = "The thread that is wanted, of at most 256 KiB"),
    responses(
        (
            status = 201,
            description = "The thread is there",
            body = ThreadAnswer,
            headers(
                ("Location" = String, description = "Where the thread is shown"),
                ("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds")
            )
        ),
        (
            status = 400,
            description = "The body, a field of it or the `Idempotency-Key` cannot be taken; `field` names it",
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
pub(crate) async fn create_thread(
    State(api): State<Arc<DiscussionsApi>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    let wanted = wanted(api::json(&headers, &body, "a thread")?)?;
    let idempotency = Idempotency::read(&headers, "POST /api/discussions/threads", &caller, &body)?;
    let mut change = api.begin(&headers).await?;
    let now = change.now();
    let answer = if let Some(answer) = idempotency.answered(change.connection(), now).await? {
        answer
    } else {
        let answer = create(&mut change, wanted).await?;
        idempotency.keep(change.connection(), &answer).await?;
        answer
    };
    let timing = change.commit().await?;
    let location = format!("/api/discussions/threads/{}", answer["threadId"].as_str().unwrap_or_default());
    Ok((StatusCode::CREATED, [(LOCATION, location)], timing, Json(answer)).into_response())
}

fn wanted(request: ThreadRequest) -> Result<Wanted, Problem> {
    Ok(Wanted {
        course: id("courseId", &request.course_id)?,
        title: asked::title(request.title)?,
        content: asked::content(request.content)?,
        author: person("author", &request.author)?,
    })
}

/// Creates the thread, and answers with what is shown of it.
async fn create(change: &mut Change<'_>, wanted: Wanted) -> Result<Value, Failure> {
    let Wanted { course, title, content, author } = wanted;
    let thread = NewThread {
        thread_id: uuid_v7_at(change.now()),
        course_id: course.to_string(),
        title,
        content,
        author_id: author.to_string(),
        created_at: change.now(),
    };
    let thread = threads::insert(change.connection(), &thread).await?;
    let told = ThreadCreated {
        thread_id: thread_id(thread.thread_id),
        course_id: course,
        title: Text::new(thread.title.as_str()).expect("an event takes every title of so many characters"),
        author_id: author,
    };
    change.tell(thread.version, Data::ThreadCreated(told)).await?;
    Ok(serde_json::to_value(ThreadAnswer::of(thread)).expect("an answer has text keys alone"))
}
