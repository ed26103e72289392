//! API keys.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// An API key, without the secret that nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The part of the key that is no secret.
    pub key_id: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret part.
    pub secret_sha256: Vec<u8>,
    /// What it may.
    pub scopes: Vec<String>,
    /// The sources of the events it may send; `*` is any.
    pub sources: Vec<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// By whom.
    pub created_by: String,
    /// From when on it is worth nothing.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// Since when it is worth nothing.
    pub revoked_at: Option<OffsetDateTime>,
}

/// The key of an id, revoked or expired as it may be.
pub async fn find(connection: &mut PgConnection, key_id: &str) -> sqlx::Result<Option<ApiKey>> {
    sqlx::query_as!(
        ApiKey,
        "select key_id, name, secret_sha256, scopes, sources, created_at, created_by, expires_at, last_used_at, revoked_at
         from api_keys where key_id = $1",
        key_id
    )
    .fetch_optional(connection)
    .await
}

/// Takes note that the key is used.
pub async fn used(connection: &mut PgConnection, key_id: &str, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("update api_keys set last_used_at = $2 where key_id = $1", key_id, now)
        .execute(connection)
        .await
        .map(drop)
}
