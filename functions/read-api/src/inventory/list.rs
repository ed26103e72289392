use std::sync::Arc;

use api::query::{limit, no_cursor, parameters};
use api::{Cursor, Failure, Page, invalid, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use lambda::Problem;
use serde::Deserialize;
use store::stock;
use utoipa::IntoParams;

use super::answer::StockAnswer;
use crate::ReadApi;

/// Which articles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockQuery {
    /// Only those of which more went out than there were.
    #[param(value_type = Option<bool>)]
    oversold: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List stock
///
/// How much there is of each article, in the order of their SKUs, byte by byte.
#[utoipa::path(
    get,
    path = "/api/inventory",
    tag = "shop",
    params(StockQuery, ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")),
    responses(
        (status = 200, description = "A page of stock", body = Page<StockAnswer>, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_stock(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<StockQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "oversold, limit and cursor")?;
    let limit = limit(query.limit.as_deref())?;
    let only_oversold = only_oversold(query.oversold.as_deref())?;
    let after = Cursor::<String>::read(query.cursor.as_deref())?;
    if after.as_deref().is_some_and(|sku| sku.contains('\0')) {
        return Err(no_cursor().into());
    }
    let mut connection = api.pool.acquire().await?;
    let stock = stock::list(&mut connection, only_oversold, after.as_deref(), limit + 1).await?;
    let page = Page::of(stock, limit, |last| last.sku.clone());
    Ok(tagged(&headers, &page.map(StockAnswer::of)))
}

fn only_oversold(text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid("oversold", "The value of oversold is neither true nor false.")),
    }
}
