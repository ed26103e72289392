//! `api_keys`: who may call, and what for.

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

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Whether it was good until now, or had been revoked before.
    pub is_new: bool,
    /// What it might do.
    pub scopes: Vec<String>,
}

/// Inserts a new key, which nobody has used or revoked yet.
pub async fn insert(connection: &mut PgConnection, key: &ApiKey) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into api_keys (key_id, name, secret_sha256, scopes, sources, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.key_id,
        key.name,
        key.secret_sha256,
        &key.scopes,
        &key.sources,
        key.created_at,
        key.created_by,
        key.expires_at
    )
    .execute(connection)
    .await
    .map(drop)
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

/// The newest keys, at most so many; where a key is named by its moment and id, those made before it.
pub async fn list(
    connection: &mut PgConnection,
    before: Option<(OffsetDateTime, &str)>,
    limit: i64,
) -> sqlx::Result<Vec<ApiKey>> {
    let (created_at, key_id) = before.unzip();
    sqlx::query_as!(
        ApiKey,
        "select key_id, name, secret_sha256, scopes, sources, created_at, created_by, expires_at, last_used_at, revoked_at
         from api_keys
         where $1::timestamptz is null or (created_at, key_id) < ($1, $2)
         order by created_at desc, key_id desc
         limit $3",
        created_at,
        key_id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Takes note that the key is used, unless that was noted since `unless_since`.
pub async fn used(
    connection: &mut PgConnection,
    key_id: &str,
    now: OffsetDateTime,
    unless_since: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update api_keys set last_used_at = $2
         where key_id = $1 and (last_used_at is null or last_used_at <= $3)",
        key_id,
        now,
        unless_since
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Revokes the key, where there is one of this id. It stays revoked since the first time.
pub async fn revoke(connection: &mut PgConnection, key_id: &str, now: OffsetDateTime) -> sqlx::Result<Option<Revoked>> {
    sqlx::query_as!(
        Revoked,
        r#"update api_keys set revoked_at = coalesce(revoked_at, $2) where key_id = $1
           returning old.revoked_at is null as "is_new!", new.scopes as "scopes!""#,
        key_id,
        now
    )
    .fetch_optional(connection)
    .await
}
