use std::sync::Arc;

use api::{Caller, Failure, key_revoked};
use axum::Extension;
use axum::extract::State;
use http::StatusCode;
use store::api_keys;

use crate::ReadApi;
use crate::path::{KeyInPath, no_key};
use crate::tries::Deadline;

/// Revoke an API key
///
/// The key is worth nothing from the next request on, for good. Revoking it again changes nothing. Revoking a key is audited.
#[utoipa::path(
    delete,
    path = "/api/keys/{id}",
    tag = "keys",
    params(("id" = String, Path, description = "The key's id", example = "0123456789ab", pattern = "^[0-9a-f]{12}$")),
    responses(
        (status = 204, description = "The key is revoked"),
        (
            status = 404,
            description = "There is no key with this id",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn revoke_key(
    State(api): State<Arc<ReadApi>>,
    Extension(caller): Extension<Caller>,
    KeyInPath(id): KeyInPath,
) -> Result<StatusCode, Failure> {
    let now = (api.clock)();
    let mut transaction = api.begin(Deadline::start()).await?;
    let revoked = api_keys::revoke(&mut transaction, &id, now).await?.ok_or_else(no_key)?;
    let shards = if revoked.is_new {
        api.audit(&mut transaction, key_revoked(caller.actor(), &id, &revoked.scopes), now).await?
    } else {
        Vec::new()
    };
    transaction.commit().await?;
    api.drain(&shards).await;
    Ok(StatusCode::NO_CONTENT)
}
