//! API keys.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::Serialize;
use store::api_keys::ApiKey;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyAnswer {
    /// The part of the key that is no secret.
    #[schema(example = "0123456789ab")]
    key_id: String,
    /// What it is for.
    #[schema(example = "shop")]
    name: String,
    /// What it may: `links`, `discussions`, `read`, `admin`, `events:*`, or `events:` and a type.
    #[schema(example = json!(["links", "events:user.registered"]))]
    scopes: Vec<String>,
    /// The sources that its events may have; `*` is any.
    #[schema(example = json!(["/shop"]))]
    sources: Vec<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Who made it, as the audit log has them.
    #[schema(example = "operator:ada")]
    created_by: String,
    /// From when on it is worth nothing; null where it never expires.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    expires_at: Option<OffsetDateTime>,
    /// When it was used last, to the minute; null where it never was.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    last_used_at: Option<OffsetDateTime>,
    /// Since when it is worth nothing; null where nobody revoked it.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    revoked_at: Option<OffsetDateTime>,
}

impl KeyAnswer {
    fn of(key: ApiKey) -> Self {
        Self {
            key_id: key.key_id,
            name: key.name,
            scopes: key.scopes,
            sources: key.sources,
            created_at: key.created_at,
            created_by: key.created_by,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}
