use std::sync::Arc;

use api::Failure;
use api::query::parameters;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use events::{Data, ThreadViewed};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, Method};
use serde::Deserialize;
use store::discussions::threads;
use utoipa::IntoParams;

use crate::DiscussionsApi;
use crate::answer::ThreadAnswer;
use crate::asked::person;
use crate::path::{ThreadInPath, thread_id};
use crate::problems::missing;

/// Who reads it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ViewerQuery {
    /// Who reads it, where that is known: nobody of the service itself.
    #[param(max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    viewer: Option<String>,
}

/// Read a thread
///
/// Counts as a view, which the answer has among the others.
#[utoipa::path(
    get,
    path = "/api/discussions/threads/{id}",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The thread's id"), ViewerQuery),
    responses(
        (status = 200, description = "The thread", body = ThreadAnswer, headers(("Server-Timing" = String, description = "How long it took to write it, and then to publish it, in milliseconds"))),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
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
    )
)]
pub(crate) async fn show_thread(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    method: Method,
    query: Result<Query<ViewerQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "viewer")?;
    let viewer_id = query.viewer.map(|viewer| person("viewer", &viewer)).transpose()?;
    let mut change = api.begin(&headers).await?;
    // Who asks for the headers alone reads nothing.
    let thread = match method {
        Method::HEAD => threads::find(change.connection(), id).await?,
        _ => threads::view(change.connection(), id).await?,
    };
    let Some(thread) = thread else { return Err(missing(change.connection(), id).await) };
    if method != Method::HEAD {
        let told = ThreadViewed { thread_id: thread_id(id), viewer_id };
        change.tell(thread.version, Data::ThreadViewed(told)).await?;
    }
    let timing = change.commit().await?;
    Ok(([(CACHE_CONTROL, "no-store")], timing, Json(ThreadAnswer::of(thread))).into_response())
}
