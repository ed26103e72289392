use std::sync::Arc;

use api::query::{limit, micros, parameters, place};
use api::{Failure, Page, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use store::stock;
use utoipa::IntoParams;

use super::answer::AdjustmentAnswer;
use crate::ReadApi;
use crate::path::{SkuInPath, no_stock};

/// Which part of the ledger.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdjustmentsQuery {
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// The ledger of an article
///
/// What has made its stock what it is, the latest first.
#[utoipa::path(
    get,
    path = "/api/inventory/{sku}/adjustments",
    tag = "shop",
    params(
        ("sku" = String, Path, description = "The article", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "mug-blue"),
        AdjustmentsQuery,
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "A page of the ledger", body = Page<AdjustmentAnswer>, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "No adjustment of such an article was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_adjustments(
    State(api): State<Arc<ReadApi>>,
    SkuInPath(sku): SkuInPath,
    query: Result<Query<AdjustmentsQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "limit and cursor")?;
    let (limit, before) = (limit(query.limit.as_deref())?, place(query.cursor.as_deref())?);
    let mut connection = api.pool.acquire().await?;
    let found = stock::show(&mut connection, sku.as_str(), before.as_ref(), limit + 1).await?;
    let (_, adjustments) = found.ok_or_else(no_stock)?;
    let page = Page::of(adjustments, limit, |last| (micros(last.adjusted_at), last.adjustment_id.clone()));
    Ok(tagged(&headers, &page.map(AdjustmentAnswer::of)))
}
