use std::sync::Arc;

use api::query::{limit, parameters, text};
use api::{Cursor, Failure, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use store::parked_events::{self, Waiting};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::ReadApi;
use crate::bytes::BytesAnswer;

/// Which events that wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ParkedQuery {
    /// Of one consumer.
    #[param(min_length = 1, max_length = 256)]
    consumer: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// An event that waits for a row, or was sent on again by a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParkedAnswer {
    /// Its number.
    id: i64,
    /// The consumer.
    #[schema(example = "event-fanout")]
    consumer: String,
    /// Where the record came from.
    #[schema(example = "user.events")]
    topic: String,
    /// Where the record came from.
    partition: i32,
    /// Where the record came from.
    offset: i64,
    /// The key of the record.
    #[schema(required)]
    key: Option<BytesAnswer>,
    /// The `id` of the event, where it could be read.
    #[schema(required)]
    event_id: Option<String>,
    /// What it waits for, such as a user; null where it can be tried at once.
    #[schema(required)]
    awaits: Option<AwaitsAnswer>,
    /// When it was parked.
    #[serde(with = "time::serde::rfc3339")]
    parked_at: OffsetDateTime,
    /// When it is looked at again.
    #[serde(with = "time::serde::rfc3339")]
    next_try_at: OffsetDateTime,
    /// How often it was tried.
    tries: i32,
    /// The dead letter that it was.
    #[schema(required)]
    dead_letter_id: Option<i64>,
    /// Events of its key that are parked, itself among them.
    in_queue: i64,
}

/// A row that is not there yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AwaitsAnswer {
    /// What it is.
    #[schema(example = "user")]
    kind: String,
    /// Which one.
    #[schema(example = "u-1")]
    id: String,
}

/// List what waits
///
/// Events that may succeed later, in the order in which they were parked. What only stands behind another of its key is counted there.
#[utoipa::path(
    get,
    path = "/api/parked",
    tag = "failures",
    params(ParkedQuery),
    responses(
        (status = 200, description = "A page of events", body = Page<ParkedAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_parked(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<ParkedQuery>, QueryRejection>,
) -> Result<Json<Page<ParkedAnswer>>, Failure> {
    let query = parameters(query, "consumer, limit and cursor")?;
    let limit = limit(query.limit.as_deref())?;
    let after = Cursor::<i64>::read(query.cursor.as_deref())?;
    let consumer = text::<256>("consumer", query.consumer)?;
    let mut connection = api.pool.acquire().await?;
    let waiting = parked_events::waiting(&mut connection, consumer.as_deref(), after, limit + 1).await?;
    let page = Page::of(waiting, limit, |last| last.parked_id);
    Ok(Json(page.map(ParkedAnswer::of)))
}

impl ParkedAnswer {
    fn of(waiting: Waiting) -> Self {
        let awaits = waiting.awaits_kind.zip(waiting.awaits_id);
        Self {
            id: waiting.parked_id,
            consumer: waiting.consumer,
            topic: waiting.topic,
            partition: waiting.partition,
            offset: waiting.offset,
            key: waiting.key.map(BytesAnswer::of),
            event_id: waiting.event_id,
            awaits: awaits.map(|(kind, id)| AwaitsAnswer { kind, id }),
            parked_at: waiting.parked_at,
            next_try_at: waiting.next_try_at,
            tries: waiting.tries,
            dead_letter_id: waiting.dead_letter_id,
            in_queue: waiting.in_queue,
        }
    }
}
