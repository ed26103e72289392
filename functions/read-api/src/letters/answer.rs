use serde::Serialize;
use store::dead_letters::{Listed, Tally};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::bytes::BytesAnswer;

/// A dead letter in a list: all but its value and headers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterAnswer {
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
    /// The key of the record.
    #[schema(required)]
    key: Option<BytesAnswer>,
    /// How many bytes the value has; null where there is none, or it was erased with the person it was about.
    #[schema(required)]
    value_bytes: Option<i32>,
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
    /// Why it was given up.
    #[schema(required)]
    reason: Option<String>,
}

impl LetterAnswer {
    pub(crate) fn of(letter: Listed) -> Self {
        Self {
            id: letter.dead_letter_id,
            state: letter.state,
            consumer: letter.consumer,
            topic: letter.topic,
            partition: letter.partition,
            offset: letter.offset,
            key: letter.key.map(BytesAnswer::of),
            value_bytes: letter.value_bytes,
            event_id: letter.event_id,
            error_class: letter.error_class,
            error: letter.error,
            attempts: letter.attempts,
            failed_at: letter.failed_at,
            reason: letter.reason,
        }
    }
}

/// So many dead letters of one consumer and kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TallyAnswer {
    /// The consumer that failed.
    #[schema(example = "event-fanout")]
    consumer: String,
    /// The kind of error.
    #[schema(example = "email-taken")]
    error_class: String,
    /// So many.
    letters: i64,
}

impl TallyAnswer {
    pub(crate) fn of(tally: Tally) -> Self {
        Self { consumer: tally.consumer, error_class: tally.error_class, letters: tally.letters }
    }
}
