use std::sync::Arc;

use api::{Failure, tagged};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use store::shop::{self, Order};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::SummaryAnswer;
use super::answer::PaymentAnswer;
use crate::ReadApi;
use crate::path::{OrderInPath, no_order};

/// How many payments are shown with an order.
const PAYMENTS: u8 = 50;

/// An order with all that is on it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderAnswer {
    /// What lists say of it.
    #[serde(flatten)]
    summary: SummaryAnswer,
    /// What was ordered, in its order.
    items: Vec<ItemAnswer>,
    /// Its latest payments, the latest first, at most 50.
    payments: Vec<PaymentAnswer>,
    /// Whether there are more: `/api/orders/{id}/payments` lists all.
    has_more_payments: bool,
    /// The `source` of the event that placed it.
    #[schema(example = "/shop")]
    source: String,
    /// The `id` of that event.
    event_id: String,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemAnswer {
    /// The article.
    #[schema(example = "mug-blue")]
    sku: String,
    /// How many of it.
    #[schema(example = 2, minimum = 1)]
    quantity: i64,
    /// What one costs, in minor units of the order's currency.
    #[schema(example = 1250, minimum = 0)]
    unit_price: i64,
}

/// An order
///
/// What was ordered, what is paid, and how that compares. A payment for an order that is not there waits for it and is not shown.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "shop",
    params(
        ("id" = String, Path, description = "The order's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "o-7731"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The order", body = OrderAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 404,
            description = "No event of such an order was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_order(
    State(api): State<Arc<ReadApi>>,
    OrderInPath(id): OrderInPath,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut connection = api.pool.acquire().await?;
    let order = shop::order(&mut connection, id.as_str(), i64::from(PAYMENTS) + 1).await?;
    Ok(tagged(&headers, &OrderAnswer::of(order.ok_or_else(no_order)?)))
}

impl OrderAnswer {
    fn of(order: Order) -> Self {
        let Order { summary, event_source, event_id, recorded_at, items, payments } = order;
        let has_more_payments = payments.len() > usize::from(PAYMENTS);
        let payments = payments.into_iter().take(PAYMENTS.into());
        Self {
            payments: payments.map(|payment| PaymentAnswer::of(payment, &summary.currency)).collect(),
            has_more_payments,
            summary: SummaryAnswer::of(summary),
            items: items
                .into_iter()
                .map(|item| ItemAnswer { sku: item.sku, quantity: item.quantity, unit_price: item.unit_price })
                .collect(),
            source: event_source,
            event_id,
            recorded_at,
        }
    }
}
