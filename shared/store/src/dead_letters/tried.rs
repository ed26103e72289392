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

/// Says that redriven letters (number, class of the error, what it was) failed again: they are open, and will be forwarded anew.
pub async fn reopen(
    connection: &mut PgConnection,
    letters: &[(i64, &str, &str)],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update dead_letters
         set state = 'open', resolved_at = null, failed_at = $4, attempts = attempts + 1, error_class = again.error_class,
             error = again.error, forwarded_at = null, forward_error = null
         from unnest($1::bigint[], $2::text[], $3::text[]) as again (dead_letter_id, error_class, error)
         where dead_letters.dead_letter_id = again.dead_letter_id",
        &letters.iter().map(|(dead_letter_id, ..)| *dead_letter_id).collect::<Vec<_>>(),
        &letters.iter().map(|(_, error_class, _)| *error_class).collect::<Vec<_>>() as &[&str],
        &letters.iter().map(|(.., error)| super::storable(error)).collect::<Vec<_>>(),
        now
    )
    .execute(connection)
    .await
    .map(drop)
}
