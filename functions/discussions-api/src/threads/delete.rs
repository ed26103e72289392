use std::sync::Arc;

use api::Failure;
use api::query::parameters;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use events::{Data, ThreadDeleted};
use http::{HeaderMap, StatusCode};
use store::discussions::threads;

use crate::asked::AuthorQuery;
use crate::path::{ThreadInPath, thread_id};
use crate::problems::only_by;
use crate::{DiscussionsApi, locked};

/// Delete a thread
///
/// For its author, and for good. What it said is removed; its comments are shown no more.
#[utoipa::path(
    delete,
    path = "/api/discussions/threads/{id}",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The thread's id"), AuthorQuery),
    responses(
        (status = 204, description = "The thread is deleted", headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
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
            description = "There is no thread with this id",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 410,
            description = "The thread was deleted before",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn delete_thread(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    query: Result<Query<AuthorQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let author = parameters(query, "author")?.author()?;
    let mut change = api.begin(&headers).await?;
    only_by(&locked::thread(change.connection(), id).await?.author_id, &author)?;
    let now = change.now();
    let version = threads::delete(change.connection(), id, now).await?;
    change.tell(version, Data::ThreadDeleted(ThreadDeleted { thread_id: thread_id(id) })).await?;
    let timing = change.commit().await?;
    Ok((StatusCode::NO_CONTENT, timing).into_response())
}
