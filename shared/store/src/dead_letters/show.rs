//! Dead letters, as a person looks at them.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// A dead letter in a list: all but its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub dead_letter_id: i64,
    /// The consumer that failed.
    pub consumer: String,
    /// Where the record came from.
    pub topic: String,
    /// Where the record came from.
    pub partition: i32,
    /// Where the record came from.
    pub offset: i64,
    /// The key, as bytes.
    pub key: Option<Vec<u8>>,
    /// Bytes of the value; none where it has no value.
    pub value_bytes: Option<i32>,
    /// The `id` attribute, where it could be read.
    pub event_id: Option<String>,
    /// The kind of error.
    pub error_class: String,
    /// What is wrong with it.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it failed last.
    pub failed_at: OffsetDateTime,
    /// `open`, `redriven`, `applied` or `discarded`.
    pub state: String,
    /// Why a person gave it up.
    pub reason: Option<String>,
}

/// Those of the dead letters that are there, newest first.
pub async fn load(connection: &mut PgConnection, dead_letter_ids: &[i64]) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select dead_letter_id, consumer, topic, partition, record_offset as "offset", key, octet_length(value) as value_bytes,
               event_id, error_class, error, attempts, failed_at, state, reason
           from dead_letters where dead_letter_id = any($1) order by dead_letter_id desc"#,
        dead_letter_ids
    )
    .fetch_all(connection)
    .await
}

/// All that is known of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub dead_letter_id: i64,
    /// The consumer that failed.
    pub consumer: String,
    /// Where the record came from.
    pub topic: String,
    /// Where the record came from.
    pub partition: i32,
    /// Where the record came from.
    pub offset: i64,
    /// The record's own timestamp.
    pub record_time: Option<OffsetDateTime>,
    /// The key, as bytes.
    pub key: Option<Vec<u8>>,
    /// The value, as bytes.
    pub value: Option<Vec<u8>>,
    /// The headers in their order, as a JSON array of `[name, value in base64]`.
    pub headers: Vec<u8>,
    /// The `source` attribute, where it could be read.
    pub event_source: Option<String>,
    /// The `id` attribute, where it could be read.
    pub event_id: Option<String>,
    /// The kind of error.
    pub error_class: String,
    /// What is wrong with it.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it failed last.
    pub failed_at: OffsetDateTime,
    /// `open`, `redriven`, `applied` or `discarded`.
    pub state: String,
    /// When it left the state `open`.
    pub resolved_at: Option<OffsetDateTime>,
    /// Why a person gave it up.
    pub reason: Option<String>,
    /// When it was copied to the topic's `.dlq`.
    pub forwarded_at: Option<OffsetDateTime>,
    /// Why that topic refused it.
    pub forward_error: Option<String>,
    /// What the inbox says of its event, where it has a row.
    pub inbox_state: Option<String>,
    /// As what it is parked, where it was sent on and not tried yet.
    pub parked_id: Option<i64>,
}

/// All that is known of a dead letter, if it is there.
pub async fn show(connection: &mut PgConnection, dead_letter_id: i64) -> sqlx::Result<Option<Shown>> {
    sqlx::query_file_as!(Shown, "queries/show_dead_letter.sql", dead_letter_id).fetch_optional(connection).await
}
