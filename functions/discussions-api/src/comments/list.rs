use std::sync::Arc;

use api::query::{limit_of, parameters};
use api::{Cursor, Failure, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use store::discussions::comments;
use utoipa::IntoParams;

use crate::DiscussionsApi;
use crate::answer::CommentAnswer;
use crate::path::ThreadInPath;
use crate::problems::{no_thread, thread_gone};

/// The longest page: with more comments of the greatest length it would not fit into what a function may answer, 6 MB.
const LONGEST: i64 = 50;

/// Which part of the comments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommentsQuery {
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 50)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List the comments of a thread
///
/// In the order in which they came. One that is deleted keeps its place, so that answers to it have what they answer. Looking at the list
/// counts as no view.
#[utoipa::path(
    get,
    path = "/api/discussions/threads/{id}/comments",
    tag = "discussions",
    params(("id" = Uuid, Path, description = "The thread's id"), CommentsQuery),
    responses(
        (status = 200, description = "A page of comments", body = Page<CommentAnswer>),
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
pub(crate) async fn list_comments(
    State(api): State<Arc<DiscussionsApi>>,
    ThreadInPath(id): ThreadInPath,
    query: Result<Query<CommentsQuery>, QueryRejection>,
) -> Result<Json<Page<CommentAnswer>>, Failure> {
    let query = parameters(query, "limit and cursor")?;
    let limit = limit_of(LONGEST, query.limit.as_deref())?;
    let after = Cursor::<i64>::read(query.cursor.as_deref())?.unwrap_or_default();
    let mut connection = api.pool.acquire().await?;
    let listed = comments::list(&mut connection, id, after, limit + 1).await?.ok_or_else(no_thread)?;
    if listed.is_deleted {
        return Err(thread_gone().into());
    }
    let page = Page::of(listed.comments, limit, |last| last.place);
    Ok(Json(page.map(CommentAnswer::of)))
}
