use std::sync::Arc;

use api::query::{limit, parameters};
use api::{Cursor, Failure, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use lambda::Problem;
use serde::Deserialize;
use store::dead_letters::{self, Filter};
use utoipa::IntoParams;

use super::answer::LetterAnswer;
use super::filter::{Filters, Number, state};
use crate::ReadApi;

/// Which dead letters: those for which all that is given holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct LettersQuery {
    /// `open`, `redriven`, `applied` or `discarded`; any of them where it is not given.
    #[param(pattern = "^(open|redriven|applied|discarded)$")]
    state: Option<String>,
    /// The consumer that failed.
    #[param(min_length = 1, max_length = 256)]
    consumer: Option<String>,
    /// The topic of the record.
    #[param(min_length = 1, max_length = 256)]
    topic: Option<String>,
    /// The kind of error.
    #[param(min_length = 1, max_length = 256)]
    error_class: Option<String>,
    /// The key of the record.
    key: Option<String>,
    /// The `id` of the event.
    #[param(min_length = 1, max_length = 256)]
    event_id: Option<String>,
    /// Failed then or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Failed before.
    #[param(format = DateTime)]
    until: Option<String>,
    /// The least number.
    #[param(value_type = Option<i64>, minimum = 1)]
    from_id: Option<String>,
    /// The greatest number.
    #[param(value_type = Option<i64>, minimum = 1)]
    to_id: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List dead letters
///
/// Records that failed for good, the latest first.
#[utoipa::path(
    get,
    path = "/api/dead-letters",
    tag = "failures",
    params(LettersQuery),
    responses(
        (status = 200, description = "A page of dead letters", body = Page<LetterAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_letters(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<LettersQuery>, QueryRejection>,
) -> Result<Json<Page<LetterAnswer>>, Failure> {
    let known = "state, consumer, topic, errorClass, key, eventId, since, until, fromId, toId, limit and cursor";
    let query = parameters(query, known)?;
    let limit = limit(query.limit.as_deref())?;
    let filter = filter(query)?;
    let mut connection = api.pool.acquire().await?;
    let found = dead_letters::find(&mut connection, &filter, Some(limit + 1)).await?;
    let ids: Vec<i64> = found.iter().map(|letter| letter.dead_letter_id).collect();
    let letters = dead_letters::load(&mut connection, &ids).await?;
    Ok(Json(Page::of(letters, limit, |last| last.dead_letter_id).map(LetterAnswer::of)))
}

fn filter(query: LettersQuery) -> Result<Filter, Problem> {
    let before = Cursor::<i64>::read(query.cursor.as_deref())?;
    let filters = Filters {
        consumer: query.consumer,
        topic: query.topic,
        error_class: query.error_class,
        key: query.key,
        event_id: query.event_id,
        since: query.since,
        until: query.until,
        from_id: query.from_id.map(Number::Text),
        to_id: query.to_id.map(Number::Text),
    };
    let mut filter = Filter { state: state(query.state)?, ..filters.filter()? };
    if let Some(before) = before {
        filter.to_id = Some(filter.to_id.unwrap_or(i64::MAX).min(before.saturating_sub(1)));
    }
    Ok(filter)
}
