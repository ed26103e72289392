use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::macros::datetime;
use uuid::Uuid;

use crate::TestDatabase;

/// Makes an API key that may do this, for events of these sources, and gives what stands behind `Bearer`. It never expires.
#[expect(clippy::disallowed_methods, reason = "a test's key must be new, and nothing depends on what it is")]
pub async fn api_key(database: &TestDatabase, scopes: &[&str], sources: &[&str]) -> String {
    let id = Uuid::now_v7().simple().to_string();
    let secret = Sha256::digest(id.as_bytes());
    let key_id = &id[id.len() - 12..];
    sqlx::query(
        "insert into api_keys (key_id, name, secret_sha256, scopes, sources, created_at, created_by)
         values ($1, 'test', $2, $3, $4, $5, 'operator:test')",
    )
    .bind(key_id)
    .bind(Sha256::digest(secret).as_slice())
    .bind(scopes)
    .bind(sources)
    .bind(datetime!(2026-11-01 00:00 UTC))
    .execute(&database.pool)
    .await
    .expect("a key can be stored");
    format!("onceward_{key_id}_{}", URL_SAFE_NO_PAD.encode(secret))
}
