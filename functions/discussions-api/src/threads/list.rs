use std::sync::Arc;

use api::query::{limit, micros, no_cursor, of_micros, parameters};
use api::{Cursor, Failure, Page, invalid};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use events::CourseId;
use lambda::Problem;
use serde::Deserialize;
use store::discussions::threads;
use time::OffsetDateTime;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::DiscussionsApi;
use crate::answer::SummaryAnswer;
use crate::asked::id;

/// Which threads.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ThreadsQuery {
    /// The course that they are about.
    #[param(value_type = String, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "rust-101")]
    course_id: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List the threads of a course
///
/// The latest first, without those that are deleted. Looking at the list counts as no view.
#[utoipa::path(
    get,
    path = "/api/discussions/threads",
    tag = "discussions",
    params(ThreadsQuery),
    responses(
        (status = 200, description = "A page of threads", body = Page<SummaryAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_threads(
    State(api): State<Arc<DiscussionsApi>>,
    query: Result<Query<ThreadsQuery>, QueryRejection>,
) -> Result<Json<Page<SummaryAnswer>>, Failure> {
    let query = parameters(query, "courseId, limit and cursor")?;
    let (limit, before) = (limit(query.limit.as_deref())?, place(query.cursor.as_deref())?);
    let course = query.course_id.ok_or_else(|| invalid("courseId", "The query has no courseId."))?;
    let course: CourseId = id("courseId", &course)?;
    let mut connection = api.pool.acquire().await?;
    let threads = threads::list(&mut connection, course.as_str(), before, limit + 1).await?;
    let page = Page::of(threads, limit, |last| (micros(last.created_at), last.thread_id));
    Ok(Json(page.map(SummaryAnswer::of)))
}

/// Where the page before ended.
fn place(cursor: Option<&str>) -> Result<Option<(OffsetDateTime, Uuid)>, Problem> {
    let Some((at, id)) = Cursor::<(i64, String)>::read(cursor)? else { return Ok(None) };
    Ok(Some((of_micros(at)?, id.parse::<Uuid>().map_err(|_| no_cursor())?)))
}
