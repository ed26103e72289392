use std::sync::Arc;

use api::{Caller, Failure, Grant, InvalidNewKey, Key, NewKey, invalid, key_created, query};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::api_keys;
use utoipa::ToSchema;

use super::KeyAnswer;
use crate::tries::Deadline;
use crate::{ReadApi, body};

/// An API key that is wanted.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewApiKey)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What it is for.
    #[schema(min_length = 1, max_length = 128, example = "shop")]
    name: String,
    /// What it may, at least one: `links`, `discussions`, `read`, `admin`, `events:*`, or `events:` and a type that is taken from outside.
    #[schema(value_type = Vec<Grant>, min_items = 1, example = json!(["links", "events:user.registered"]))]
    scopes: Vec<String>,
    /// The sources that its events may have; `*` is any. A key that may send events names at least one.
    #[serde(default)]
    #[schema(value_type = Vec<NamedSource>, max_items = 50, example = json!(["/shop"]))]
    sources: Vec<String>,
    /// From when on it is worth nothing; it never expires where this is null or missing.
    #[schema(format = DateTime, example = "2027-11-21T09:30:00Z")]
    expires_at: Option<String>,
}

/// A source that a key may name.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 256, pattern = r"^(?!/onceward/)[^\u0000]*$")]
#[expect(dead_code, reason = "it is described, and never made")]
struct NamedSource(String);

/// A new API key, with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeApiKey)]
pub(crate) struct MadeKey {
    /// The key itself: nobody can show it again.
    #[schema(example = "onceward_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    key: String,
    #[serde(flatten)]
    about: KeyAnswer,
}

/// Make an API key
///
/// The answer has the key, this once: only a hash of it is kept. Making a key is audited.
#[utoipa::path(
    post,
    path = "/api/keys",
    tag = "keys",
    request_body(content = Wanted, description = "The key that is wanted"),
    responses(
        (status = 201, description = "The key is made", body = MadeKey),
        (
            status = 400,
            description = "The body, the name, a scope, a source or the expiry cannot be taken; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 413,
            description = "The body is too large",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 415,
            description = "The body is not sent as JSON",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn create_key(
    State(api): State<Arc<ReadApi>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let wanted: Wanted = body::json(&headers, body, "an API key")?;
    let now = (api.clock)();
    let expires_at = query::moment("expiresAt", wanted.expires_at.as_deref())?;
    let new =
        NewKey::new(&wanted.name, &wanted.scopes, &wanted.sources, expires_at, now).map_err(|error| refused(&error))?;
    let key = Key::generate(&mut rand::rng());
    let row = new.row(&key, &caller.actor(), now);
    let mut transaction = api.begin(Deadline::start()).await?;
    api_keys::insert(&mut transaction, &row).await?;
    let made = key_created(caller.actor(), &row.key_id, &row.scopes);
    let shards = api.audit(&mut transaction, made, now).await?;
    transaction.commit().await?;
    api.drain(&shards).await;
    let answer = MadeKey { key: key.reveal(), about: KeyAnswer::of(row) };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn refused(error: &InvalidNewKey) -> Problem {
    invalid(error.field(), format!("No key was made: {error}."))
}
