//! `idempotency_keys`: answers to requests that carried an `Idempotency-Key`.

use sqlx::PgConnection;
use sqlx::types::JsonValue;
use time::{Duration, OffsetDateTime};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::hours(24);

/// What is known of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Nothing: the caller now holds it, until its transaction ends, and owes it an answer.
    New,
    /// The same request was answered before.
    Answered(JsonValue),
    /// Another request was answered under this key.
    OtherRequest,
}

/// Takes the key for a request. A second request with the key waits until the transaction of the first has ended.
pub async fn claim(
    connection: &mut PgConnection,
    scope: &str,
    key: &str,
    request_sha256: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<Claim> {
    let claimed = sqlx::query!(
        "insert into idempotency_keys as held (scope, key, request_sha256, expires_at) values ($1, $2, $3, $4)
         on conflict on constraint idempotency_keys_pkey do update
         set request_sha256 = excluded.request_sha256, response = null, expires_at = excluded.expires_at
         where held.expires_at <= $5",
        scope,
        key,
        request_sha256,
        now + KEPT,
        now
    )
    .execute(&mut *connection)
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(Claim::New);
    }
    let held =
        sqlx::query!("select request_sha256, response from idempotency_keys where scope = $1 and key = $2", scope, key)
            .fetch_one(connection)
            .await?;
    Ok(match held.response {
        Some(response) if held.request_sha256 == request_sha256 => Claim::Answered(response),
        _ => Claim::OtherRequest,
    })
}

/// Keeps the answer to the request that holds the key.
pub async fn answer(connection: &mut PgConnection, scope: &str, key: &str, response: &JsonValue) -> sqlx::Result<()> {
    let kept =
        sqlx::query!("update idempotency_keys set response = $3 where scope = $1 and key = $2", scope, key, response)
            .execute(connection)
            .await?;
    // The caller claimed the key in this transaction: nobody else can have taken it away.
    if kept.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}
