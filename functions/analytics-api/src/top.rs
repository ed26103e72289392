use std::sync::Arc;

use api::query::parameters;
use api::{Failure, invalid, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::analytics::{self, Ranked, Span};
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};

use crate::AnalyticsApi;
use crate::path::{CourseInPath, no_course};

/// How many threads are shown.
const THREADS: i64 = 10;

/// Of what time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopQuery {
    /// Since ever, or of a day, a week or a month of the calendar, in UTC; weeks begin on Mondays. `all` where it is not given.
    #[param(value_type = Option<Period>, inline)]
    period: Option<String>,
    /// A day of the period: today where it is not given. There is none with `all`.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-21")]
    date: Option<String>,
}

/// Of what time the best are.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    /// Since ever.
    All,
    /// Of a day.
    Day,
    /// Of a week.
    Week,
    /// Of a month.
    Month,
}

/// The threads of a course to which most happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopThreads)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopAnswer {
    /// Which course.
    #[schema(example = "rust-101")]
    course_id: String,
    /// Of what time.
    period: Period,
    /// The first day of the period; null for `all`.
    #[schema(required, format = Date, example = "2026-11-16")]
    starts_on: Option<String>,
    /// The last day of the period; null for `all`.
    #[schema(required, format = Date, example = "2026-11-22")]
    ends_on: Option<String>,
    /// At most 10, the one with the highest score first, and of two with one score the one with the lesser id.
    threads: Vec<RankedAnswer>,
}

/// A thread, and what happened to it in the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopThread)]
#[serde(rename_all = "camelCase")]
struct RankedAnswer {
    /// Which thread.
    #[schema(example = "01932d3c-0000-7000-8000-000000000001")]
    thread_id: String,
    /// What it is called.
    #[schema(example = "How do lifetimes work?")]
    title: String,
    /// Who began it.
    #[schema(example = "u-1842")]
    author_id: String,
    /// How often it was viewed.
    #[schema(example = 120)]
    views: i64,
    /// Comments, less those that were deleted.
    #[schema(example = 7)]
    comments: i64,
    /// Votes for it, less those that were taken back.
    #[schema(example = 12)]
    up_votes: i64,
    /// Votes against it, less those that were taken back.
    #[schema(example = 2)]
    down_votes: i64,
    /// views + 5 × comments + 3 × (upVotes − downVotes)
    #[schema(example = 185)]
    score: i64,
    /// When anything but a view happened last, be it after the period.
    #[serde(with = "time::serde::rfc3339")]
    last_activity_at: OffsetDateTime,
}

/// The best threads of a course
///
/// The ten to which most happened, by their score: views + 5 × comments + 3 × (upVotes − downVotes), of all that happened since ever, or of what
/// happened in a period. Threads that were deleted are not among them, nor are those to which nothing happened in the period.
#[utoipa::path(
    get,
    path = "/api/analytics/courses/{id}/top",
    tag = "analytics",
    params(
        ("id" = String, Path, description = "The course's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "rust-101"),
        TopQuery,
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The best threads", body = TopAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
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
pub(crate) async fn list_top_threads(
    State(api): State<Arc<AnalyticsApi>>,
    CourseInPath(id): CourseInPath,
    query: Result<Query<TopQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "period and date")?;
    let (period, date) = (period(query.period.as_deref())?, date(query.date.as_deref())?);
    let days = days(period, date, (api.clock)().date())?;
    let mut connection = api.pool.acquire().await?;
    let threads = match days {
        None => analytics::top(&mut connection, id.as_str(), THREADS).await?,
        Some((span, (starts_on, _))) => {
            analytics::top_of_period(&mut connection, id.as_str(), (span, starts_on), THREADS).await?
        }
    };
    if threads.is_empty() && !analytics::is_course(&mut connection, id.as_str()).await? {
        return Err(no_course().into());
    }
    let (starts_on, ends_on) = days.map(|(_, (first, last))| (first.to_string(), last.to_string())).unzip();
    let threads = threads.into_iter().map(RankedAnswer::of).collect();
    Ok(tagged(&headers, &TopAnswer { course_id: id.to_string(), period, starts_on, ends_on, threads }))
}

fn period(text: Option<&str>) -> Result<Period, Problem> {
    match text {
        None | Some("all") => Ok(Period::All),
        Some("day") => Ok(Period::Day),
        Some("week") => Ok(Period::Week),
        Some("month") => Ok(Period::Month),
        Some(_) => Err(invalid("period", "The value of period is none of all, day, week, month.")),
    }
}

fn date(text: Option<&str>) -> Result<Option<Date>, Problem> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && text.len() == 10;
    let read = |text: &str| Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let read = |text: &str| read(text).filter(|date| is_plain(text) && date.year() > 0);
    let detail = "The value of date is no day such as 2026-11-21.";
    text.map(|text| read(text).ok_or_else(|| invalid("date", detail))).transpose()
}

/// A day, week or month, with its first day and its last.
type Days = (Span, (Date, Date));

/// What is asked for; none since ever.
fn days(period: Period, date: Option<Date>, today: Date) -> Result<Option<Days>, Problem> {
    let span = match period {
        Period::All if date.is_some() => {
            return Err(invalid("date", "The date says which day, week or month: with period all there is none."));
        }
        Period::All => return Ok(None),
        Period::Day => Span::Day,
        Period::Week => Span::Week,
        Period::Month => Span::Month,
    };
    Ok(Some((span, span.around(date.unwrap_or(today)))))
}

impl RankedAnswer {
    fn of(ranked: Ranked) -> Self {
        Self {
            thread_id: ranked.thread_id,
            title: ranked.title,
            author_id: ranked.author_id,
            views: ranked.views,
            comments: ranked.comments,
            up_votes: ranked.up_votes,
            down_votes: ranked.down_votes,
            score: ranked.score,
            last_activity_at: ranked.last_activity_at,
        }
    }
}
