//! What waits in the outbox, as a person looks at it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A row that waits, and what has stopped its key, where anything has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place.
    pub seq: i64,
    /// The event's id.
    pub event_id: Uuid,
    /// The event's type.
    pub event_type: String,
    /// The topic.
    pub topic: String,
    /// The record key.
    pub key: String,
    /// When it was written.
    pub written_at: OffsetDateTime,
    /// The place of the row of its key that was refused: its own, or that of one before it.
    pub refused_seq: Option<i64>,
    /// What Kafka said of that row.
    pub error: Option<String>,
    /// How often that was tried.
    pub attempts: Option<i32>,
    /// When that was tried last.
    pub failed_at: Option<OffsetDateTime>,
    /// When that is tried next.
    pub next_try_at: Option<OffsetDateTime>,
}

/// What waits, in the order of places, of one topic or of all: what is behind this place, where one is given.
pub async fn waiting(
    connection: &mut PgConnection,
    topic: Option<&str>,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_file_as!(Waiting, "queries/list_outbox.sql", topic as Option<&str>, after, limit)
        .fetch_all(connection)
        .await
}
