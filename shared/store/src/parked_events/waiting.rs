//! Parked events, as a person looks at them.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// A parked event that is tried again by itself: it waits for a row, or a person has sent it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub parked_id: i64,
    /// The consumer.
    pub consumer: String,
    /// Where the record came from.
    pub topic: String,
    /// Where the record came from.
    pub partition: i32,
    /// Where the record came from.
    pub offset: i64,
    /// The key, as bytes.
    pub key: Option<Vec<u8>>,
    /// The `id` attribute, where it has a row in the inbox.
    pub event_id: Option<String>,
    /// What kind of row it waits for; none where it can be tried at once.
    pub awaits_kind: Option<String>,
    /// Which one.
    pub awaits_id: Option<String>,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
    /// When it is looked at again.
    pub next_try_at: OffsetDateTime,
    /// How often it was tried.
    pub tries: i32,
    /// The dead letter that it was.
    pub dead_letter_id: Option<i64>,
    /// Events of its key that are parked, itself among them.
    pub in_queue: i64,
}

/// What waits, in the order of parking, of one consumer or of all: what was parked after this number, where there is one.
pub async fn waiting(
    connection: &mut PgConnection,
    consumer: Option<&str>,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_file_as!(Waiting, "queries/list_waiting_queues.sql", consumer as Option<&str>, after, limit)
        .fetch_all(connection)
        .await
}
