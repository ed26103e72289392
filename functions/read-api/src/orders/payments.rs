use std::sync::Arc;

use api::query::{limit, micros, parameters, place};
use api::{Failure, Page, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use store::shop;
use utoipa::IntoParams;

use super::answer::PaymentAnswer;
use crate::ReadApi;
use crate::path::{OrderInPath, no_order};

/// Which part of the payments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentsQuery {
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// The payments of an order
///
/// All that moved or failed to, and refunds, the latest first.
#[utoipa::path(
    get,
    path = "/api/orders/{id}/payments",
    tag = "shop",
    params(
        ("id" = String, Path, description = "The order's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "o-7731"),
        PaymentsQuery,
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "A page of payments", body = Page<PaymentAnswer>, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "No event of such an order was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_payments(
    State(api): State<Arc<ReadApi>>,
    OrderInPath(id): OrderInPath,
    query: Result<Query<PaymentsQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "limit and cursor")?;
    let (limit, before) = (limit(query.limit.as_deref())?, place(query.cursor.as_deref())?);
    let mut connection = api.pool.acquire().await?;
    let payments = shop::payments(&mut connection, id.as_str(), before.as_ref(), limit + 1).await?;
    let (currency, payments) = payments.ok_or_else(no_order)?;
    let page = Page::of(payments, limit, |last| (micros(last.settled_at), last.payment_id.clone()));
    Ok(tagged(&headers, &page.map(|payment| PaymentAnswer::of(payment, &currency))))
}
