//! Dead letters that were sent on again, once they have been tried.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Says that redriven letters took effect, or had done so before.
pub async fn close(connection: &mut PgConnection, letters: &[i64], now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update dead_letters set state = 'applied', resolved_at = $2 where dead_letter_id = any($1) and state = 'redriven'",
        letters,
        now
    )
    .execute(connection)
    .await
    .map(drop)
}

/// A redriven letter that failed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedAgain<'a> {
    /// Its number.
    pub dead_letter_id: i64,
    /// Source and id, where they can be read now: its row in the inbox is found by them when it is sent on once more.
    pub event: Option<(&'a str, &'a str)>,
    /// A short name of the kind of error.
    pub error_class: &'a str,
    /// What is wrong with it.
    pub error: &'a str,
}

/// Says that redriven letters failed again: they are open, and will be forwarded anew.
pub async fn reopen(
    connection: &mut PgConnection,
    letters: &[FailedAgain<'_>],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update dead_letters
         set state = 'open', resolved_at = null, failed_at = $4, attempts = attempts + 1, error_class = again.error_class,
             error = again.error, forwarded_at = null, forward_error = null,
             event_source = coalesce(again.event_source, dead_letters.event_source),
             event_id = coalesce(again.event_id, dead_letters.event_id)
         from unnest($1::bigint[], $2::text[], $3::text[], $5::text[], $6::text[])
             as again (dead_letter_id, error_class, error, event_source, event_id)
         where dead_letters.dead_letter_id = again.dead_letter_id",
        &letters.iter().map(|letter| letter.dead_letter_id).collect::<Vec<_>>(),
        &letters.iter().map(|letter| letter.error_class).collect::<Vec<_>>() as &[&str],
        &letters.iter().map(|letter| super::storable(letter.error)).collect::<Vec<_>>(),
        now,
        &letters.iter().map(|letter| Some(letter.event?.0)).collect::<Vec<_>>() as &[Option<&str>],
        &letters.iter().map(|letter| Some(letter.event?.1)).collect::<Vec<_>>() as &[Option<&str>],
    )
    .execute(connection)
    .await
    .map(drop)
}
