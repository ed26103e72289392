use std::sync::Arc;

use api::query::{limit, parameters, text};
use api::{Cursor, Failure, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use store::outbox::{self, Waiting};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::ReadApi;

/// Which events of the outbox.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutboxQuery {
    /// For one topic.
    #[param(min_length = 1, max_length = 256)]
    topic: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// An event that is not in Kafka yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnpublishedAnswer {
    /// Its place: within a key the order in which events are published.
    seq: i64,
    /// The `id` of the event.
    event_id: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "vote.cast")]
    event_type: String,
    /// Where it goes to.
    #[schema(example = "discussion.events")]
    topic: String,
    /// The key of its record.
    key: String,
    /// When it was written, with the change that it tells of.
    #[serde(with = "time::serde::rfc3339")]
    written_at: OffsetDateTime,
    /// Why it waits.
    #[schema(inline)]
    why: Why,
    /// The refusal; null where it was not refused.
    #[schema(required)]
    refusal: Option<RefusalAnswer>,
    /// The place of the refused event of its key that it stands behind; null where it stands behind none.
    #[schema(required)]
    behind: Option<i64>,
}

/// `refused` by Kafka, `behind` an event of its key that is, or `unpublished`: nobody has come to it yet.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Why {
    Refused,
    Behind,
    Unpublished,
}

/// What Kafka has against an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusalAnswer {
    /// What it said.
    error: String,
    /// How often it did.
    attempts: i32,
    /// When it did last.
    #[serde(with = "time::serde::rfc3339")]
    failed_at: OffsetDateTime,
    /// When it is asked again.
    #[serde(with = "time::serde::rfc3339")]
    next_try_at: OffsetDateTime,
}

/// List what is not published
///
/// Events of the outbox, in the order of their places, each with why it waits. What is published leaves the outbox.
#[utoipa::path(
    get,
    path = "/api/outbox",
    tag = "failures",
    params(OutboxQuery),
    responses(
        (status = 200, description = "A page of events", body = Page<UnpublishedAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_unpublished(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<OutboxQuery>, QueryRejection>,
) -> Result<Json<Page<UnpublishedAnswer>>, Failure> {
    let query = parameters(query, "topic, limit and cursor")?;
    let limit = limit(query.limit.as_deref())?;
    let after = Cursor::<i64>::read(query.cursor.as_deref())?;
    let topic = text::<256>("topic", query.topic)?;
    let mut connection = api.pool.acquire().await?;
    let waiting = outbox::waiting(&mut connection, topic.as_deref(), after, limit + 1).await?;
    let page = Page::of(waiting, limit, |last| last.seq);
    Ok(Json(page.map(UnpublishedAnswer::of)))
}

impl UnpublishedAnswer {
    fn of(waiting: Waiting) -> Self {
        let behind = waiting.refused_seq.filter(|refused| *refused != waiting.seq);
        let why = match (waiting.refused_seq, behind) {
            (None, _) => Why::Unpublished,
            (_, None) => Why::Refused,
            _ => Why::Behind,
        };
        let refused = (waiting.error, waiting.attempts, waiting.failed_at, waiting.next_try_at);
        let refusal = match (why, refused) {
            (Why::Refused, (Some(error), Some(attempts), Some(failed_at), Some(next_try_at))) => {
                Some(RefusalAnswer { error, attempts, failed_at, next_try_at })
            }
            _ => None,
        };
        Self {
            seq: waiting.seq,
            event_id: waiting.event_id.to_string(),
            event_type: waiting.event_type,
            topic: waiting.topic,
            key: waiting.key,
            written_at: waiting.written_at,
            why,
            refusal,
            behind,
        }
    }
}
