use std::sync::Arc;

use api::query::{limit, micros, no_cursor, of_micros, parameters};
use api::{Cursor, Failure, Key, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use store::api_keys;
use utoipa::IntoParams;

use super::KeyAnswer;
use crate::ReadApi;

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeysQuery {
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List API keys
///
/// All keys that were ever made, the newest first, without their secrets.
#[utoipa::path(
    get,
    path = "/api/keys",
    tag = "keys",
    params(KeysQuery),
    responses(
        (status = 200, description = "A page of the keys", body = Page<KeyAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_keys(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<KeysQuery>, QueryRejection>,
) -> Result<Json<Page<KeyAnswer>>, Failure> {
    let query = parameters(query, "limit and cursor")?;
    let limit = limit(query.limit.as_deref())?;
    let before = Cursor::<(i64, String)>::read(query.cursor.as_deref())?;
    if before.as_ref().is_some_and(|(_, key_id)| !Key::is_id(key_id)) {
        return Err(no_cursor().into());
    }
    let before =
        before.as_ref().map(|(at, key_id)| Ok::<_, Failure>((of_micros(*at)?, key_id.as_str()))).transpose()?;
    let keys = api_keys::list(&mut *api.pool.acquire().await?, before, limit + 1).await?;
    let page = Page::of(keys, limit, |last| (micros(last.created_at), last.key_id.clone()));
    Ok(Json(page.map(KeyAnswer::of)))
}
