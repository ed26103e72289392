//! `dead_letters`, on their way to the `.dlq` of their topic.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Tells the lock from those of the outbox's shards.
const LOCK: (i32, i32) = (0x6f75_7462, -1);

/// A dead letter that is to be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub dead_letter_id: i64,
    /// Who gave it up.
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
    /// A short name of the kind of error.
    pub error_class: String,
    /// What is wrong with it.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// Takes the lock of whoever forwards until the transaction ends, where nobody has it.
pub async fn try_lock(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1, $2) as "taken!""#, LOCK.0, LOCK.1)
        .fetch_one(connection)
        .await
}

/// The next open letters that were not forwarded since they last failed: so many at most, and so many bytes together (one, where
/// the first has more). The caller holds the lock.
pub async fn take(connection: &mut PgConnection, (letters, bytes): (i64, i64)) -> sqlx::Result<Vec<Letter>> {
    sqlx::query_file_as!(Letter, "queries/take_letters_to_forward.sql", letters, bytes).fetch_all(connection).await
}

/// Says of letters that they are in their `.dlq`, or why that refused them. One that failed again in the meantime is left as it
/// is: it will be forwarded with what is wrong with it now.
pub async fn mark(connection: &mut PgConnection, outcomes: &[(&Letter, Option<&str>)]) -> sqlx::Result<()> {
    sqlx::query!(
        "update dead_letters
         set forward_error = outcome.refusal,
             forwarded_at = case when outcome.refusal is null then clock_timestamp() end
         from unnest($1::bigint[], $2::int[], $3::text[]) as outcome (dead_letter_id, attempts, refusal)
         where dead_letters.dead_letter_id = outcome.dead_letter_id and dead_letters.attempts = outcome.attempts",
        &outcomes.iter().map(|(letter, _)| letter.dead_letter_id).collect::<Vec<_>>(),
        &outcomes.iter().map(|(letter, _)| letter.attempts).collect::<Vec<_>>(),
        &outcomes.iter().map(|(_, refusal)| refusal.map(|text| text.replace('\0', "\u{fffd}"))).collect::<Vec<_>>()
            as &[Option<String>],
    )
    .execute(connection)
    .await
    .map(drop)
}
