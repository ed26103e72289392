use std::sync::Arc;

use api::Failure;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::dead_letters::{self, Shown};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ReadApi;
use crate::bytes::{BytesAnswer, HeaderAnswer};
use crate::path::{LetterInPath, no_letter};

/// All that is known of a dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownAnswer {
    /// Its number.
    id: i64,
    /// `open`: somebody has to look; `redriven`: it is tried next; `applied`: that took effect; `discarded`: it was given up.
    #[schema(example = "open")]
    state: String,
    /// The consumer that failed.
    #[schema(example = "event-fanout")]
    consumer: String,
    /// Where the record came from.
    #[schema(example = "user.events")]
    topic: String,
    /// Where the record came from.
    partition: i32,
    /// Where the record came from.
    offset: i64,
    /// The timestamp of the record.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    record_time: Option<OffsetDateTime>,
    /// The key of the record.
    #[schema(required)]
    key: Option<BytesAnswer>,
    /// The value of the record, as it was received; null where there is none, or it was erased with the person it was about.
    #[schema(required)]
    value: Option<BytesAnswer>,
    /// The headers of the record, in their order; null where they cannot be read.
    #[schema(required)]
    headers: Option<Vec<HeaderAnswer>>,
    /// The `source` of the event, where it could be read.
    #[schema(required)]
    event_source: Option<String>,
    /// The `id` of the event, where it could be read.
    #[schema(required)]
    event_id: Option<String>,
    /// The kind of error.
    #[schema(example = "email-taken")]
    error_class: String,
    /// What is wrong with it.
    error: String,
    /// How often it was tried.
    attempts: i32,
    /// When it failed last.
    #[serde(with = "time::serde::rfc3339")]
    failed_at: OffsetDateTime,
    /// When it left the state `open`.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    resolved_at: Option<OffsetDateTime>,
    /// Why it was given up.
    #[schema(required)]
    reason: Option<String>,
    /// When it was copied to the topic's `.dlq`.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    forwarded_at: Option<OffsetDateTime>,
    /// Why it was not, for good.
    #[schema(required)]
    forward_error: Option<String>,
    /// What the consumer's inbox says of the event: `applied`, `stale`, `discarded`, `parked` or `dead_lettered`.
    #[schema(required)]
    inbox_state: Option<String>,
    /// As what it is parked, where it was sent on and not tried yet.
    #[schema(required)]
    parked_id: Option<i64>,
}

/// Show a dead letter
///
/// All that is known of it, with its bytes.
#[utoipa::path(
    get,
    path = "/api/dead-letters/{id}",
    tag = "failures",
    params(("id" = i64, Path, description = "Its number", minimum = 1, example = 1)),
    responses(
        (status = 200, description = "The dead letter", body = ShownAnswer),
        (
            status = 404,
            description = "There is no dead letter with this number",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_letter(
    State(api): State<Arc<ReadApi>>,
    LetterInPath(id): LetterInPath,
) -> Result<Json<ShownAnswer>, Failure> {
    let letter = dead_letters::show(&mut *api.pool.acquire().await?, id).await?;
    Ok(Json(ShownAnswer::of(letter.ok_or_else(no_letter)?)))
}

impl ShownAnswer {
    fn of(letter: Shown) -> Self {
        Self {
            id: letter.dead_letter_id,
            state: letter.state,
            consumer: letter.consumer,
            topic: letter.topic,
            partition: letter.partition,
            offset: letter.offset,
            record_time: letter.record_time,
            key: letter.key.map(BytesAnswer::of),
            value: letter.value.map(BytesAnswer::of),
            headers: HeaderAnswer::all(&letter.headers),
            event_source: letter.event_source,
            event_id: letter.event_id,
            error_class: letter.error_class,
            error: letter.error,
            attempts: letter.attempts,
            failed_at: letter.failed_at,
            resolved_at: letter.resolved_at,
            reason: letter.reason,
            forwarded_at: letter.forwarded_at,
            forward_error: letter.forward_error,
            inbox_state: letter.inbox_state,
            parked_id: letter.parked_id,
        }
    }
}
