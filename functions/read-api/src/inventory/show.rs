use std::sync::Arc;

use api::{Failure, tagged};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use store::stock;
use utoipa::ToSchema;

use super::answer::{AdjustmentAnswer, StockAnswer};
use crate::ReadApi;
use crate::path::{SkuInPath, no_stock};

/// How many adjustments are shown with a stock.
const RECENT: i64 = 20;

/// How much there is of an article, and what changed it of late.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecentStockAnswer {
    /// How much there is.
    #[serde(flatten)]
    stock: StockAnswer,
    /// The latest adjustments, the latest first, at most 20.
    recent_adjustments: Vec<AdjustmentAnswer>,
}

/// The stock of an article
///
/// How much there is, as its adjustments make it, and the latest of those.
#[utoipa::path(
    get,
    path = "/inventory/{sku}",
    tag = "shop",
    params(
        ("sku" = String, Path, description = "The article", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "mug-blue"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The stock", body = RecentStockAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 404,
            description = "No adjustment of such an article was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_stock(
    State(api): State<Arc<ReadApi>>,
    SkuInPath(sku): SkuInPath,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut connection = api.pool.acquire().await?;
    let found = stock::show(&mut connection, sku.as_str(), None, RECENT).await?;
    let (stock, adjustments) = found.ok_or_else(no_stock)?;
    let recent_adjustments = adjustments.into_iter().map(AdjustmentAnswer::of).collect();
    Ok(tagged(&headers, &RecentStockAnswer { stock: StockAnswer::of(stock), recent_adjustments }))
}
