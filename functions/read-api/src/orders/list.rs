use std::sync::Arc;

use api::query::{limit, micros, parameters, place};
use api::{Failure, Page, invalid, tagged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use events::UserId;
use http::HeaderMap;
use lambda::Problem;
use serde::Deserialize;
use store::shop::{self, OrderFilter};
use utoipa::IntoParams;

use super::SummaryAnswer;
use super::answer::Standing;
use crate::ReadApi;

/// Which orders: those for which all that is given holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Who ordered.
    #[param(max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$")]
    user: Option<String>,
    /// How what was paid compares with the total.
    #[param(value_type = Option<Standing>, inline)]
    payment_status: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// List orders
///
/// The latest first, by when they were placed.
#[utoipa::path(
    get,
    path = "/api/orders",
    tag = "shop",
    params(OrdersQuery, ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")),
    responses(
        (status = 200, description = "A page of orders", body = Page<SummaryAnswer>, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_orders(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<OrdersQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = parameters(query, "user, paymentStatus, limit and cursor")?;
    let (limit, before) = (limit(query.limit.as_deref())?, place(query.cursor.as_deref())?);
    let filter = filter(query)?;
    let mut connection = api.pool.acquire().await?;
    let orders = shop::orders(&mut connection, &filter, before.as_ref(), limit + 1).await?;
    let page = Page::of(orders, limit, |last| (micros(last.placed_at), last.order_id.clone()));
    Ok(tagged(&headers, &page.map(SummaryAnswer::of)))
}

fn filter(query: OrdersQuery) -> Result<OrderFilter, Problem> {
    let user = query.user.map(|user| user.parse::<UserId>()).transpose();
    let user = user.map_err(|error| invalid("user", format!("The value of user {error}.")))?;
    let names = || Standing::ALL.map(Standing::name);
    if query.payment_status.as_deref().is_some_and(|status| !names().contains(&status)) {
        let detail = format!("The value of paymentStatus is none of {}.", names().join(", "));
        return Err(invalid("paymentStatus", detail));
    }
    Ok(OrderFilter { user_id: user.map(|user| user.to_string()), payment_status: query.payment_status })
}
