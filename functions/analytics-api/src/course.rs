use std::sync::Arc;

use api::query::parameters;
use api::{Failure, invalid, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::analytics::{self, Course, Day};
use time::{Date, Duration};
use utoipa::{IntoParams, ToSchema};

use crate::AnalyticsApi;
use crate::path::{CourseInPath, no_course};

/// How many days are shown where the request does not say, and at most.
const DAYS: (u16, u16) = (30, 366);

/// How many days the series has.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CourseQuery {
    /// How many days `byDay` goes back, today included: 30 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 366)]
    days: Option<String>,
}

/// What happened in a course. A sum may be below what it comes to in the end, and below 0, while events are on their way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CourseAnalytics)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CourseAnswer {
    /// Which course.
    #[schema(example = "rust-101")]
    course_id: String,
    /// Threads that were created, less those that were deleted.
    #[schema(example = 40)]
    threads: i64,
    /// Views of all threads. This and all that follows stays when a thread is deleted.
    #[schema(example = 5200)]
    views: i64,
    /// Comments, less those that were deleted.
    #[schema(example = 310)]
    comments: i64,
    /// Votes for threads.
    #[schema(example = 420)]
    up_votes: i64,
    /// Votes against threads.
    #[schema(example = 36)]
    down_votes: i64,
    /// Days on which anything happened, the oldest first.
    by_day: Vec<DayAnswer>,
}

/// By how much the sums of a course changed on a day in UTC: what was deleted or taken back makes them less on the day when it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CourseDay)]
#[serde(rename_all = "camelCase")]
struct DayAnswer {
    /// As ISO 8601 writes it.
    #[schema(format = Date, example = "2026-11-21")]
    day: String,
    /// Threads that were created, less those that were deleted.
    #[schema(example = 2)]
    threads: i64,
    /// Views of all threads.
    #[schema(example = 180)]
    views: i64,
    /// Comments, less those that were deleted.
    #[schema(example = 12)]
    comments: i64,
    /// Votes for threads, less those that were taken back.
    #[schema(example = 20)]
    up_votes: i64,
    /// Votes against threads, less those that were taken back.
    #[schema(example = 1)]
    down_votes: i64,
}

/// What happened in a course
///
/// The sums of all its threads since ever, and by how much they changed day by day.
#[utoipa::path(
    get,
    path = "/api/analytics/courses/{id}",
    tag = "analytics",
    params(
        ("id" = String, Path, description = "The course's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "rust-101"),
        CourseQuery,
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The course", body = CourseAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "No event told of a thread in such a course",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_course_analytics(
    State(api): State<Arc<AnalyticsApi>>,
    CourseInPath(id): CourseInPath,
    query: Result<Query<CourseQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let days = days(parameters(query, "days")?.days.as_deref())?;
    let from = first_day((api.clock)().date(), days);
    let mut connection = api.pool.acquire().await?;
    let course = analytics::course(&mut connection, id.as_str(), from).await?;
    Ok(tagged(&headers, &CourseAnswer::of(id.to_string(), course.ok_or_else(no_course)?)))
}

fn days(text: Option<&str>) -> Result<u16, Problem> {
    let (usual, most) = DAYS;
    let Some(text) = text else { return Ok(usual) };
    let asked = text.parse().ok().filter(|days| (1..=most).contains(days));
    asked.ok_or_else(|| invalid("days", format!("The value of days is not 1 to {most}.")))
}

/// The first of so many days, of which today is the last.
fn first_day(today: Date, days: u16) -> Date {
    today.saturating_sub(Duration::days(i64::from(days) - 1))
}

impl CourseAnswer {
    fn of(course_id: String, course: Course) -> Self {
        let Course { threads, views, comments, up_votes, down_votes, days } = course;
        let by_day = days.into_iter().map(DayAnswer::of).collect();
        Self { course_id, threads, views, comments, up_votes, down_votes, by_day }
    }
}

impl DayAnswer {
    fn of(day: Day) -> Self {
        let Day { day, threads, views, comments, up_votes, down_votes } = day;
        Self { day: day.to_string(), threads, views, comments, up_votes, down_votes }
    }
}
