//! Orders, payments and stock, as they are read.

use sqlx::{Error, PgConnection};
use time::OffsetDateTime;

use crate::orders::Item;

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// Which order.
    pub order_id: String,
    /// Who ordered.
    pub user_id: String,
    /// The code of the currency.
    pub currency: String,
    /// The sum of its items, in minor units.
    pub total: i64,
    /// The sum of its settled payments, which may be more than 64 bits hold.
    pub settled: i128,
    /// The sum of its refunds.
    pub refunded: i128,
    /// `unpaid`, `partially_paid`, `paid`, `overpaid`, `refunded` or `over_refunded`.
    pub payment_status: String,
    /// When it was placed, as the event says.
    pub placed_at: OffsetDateTime,
}

/// An order with all that is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What lists say of it.
    pub summary: OrderSummary,
    /// The `source` of the event that placed it.
    pub event_source: String,
    /// The `id` of that event.
    pub event_id: String,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
    /// What was ordered, in its order.
    pub items: Vec<Item>,
    /// The latest payments.
    pub payments: Vec<Payment>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Which payment.
    pub payment_id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// `settled`, `failed` or `refunded`.
    pub status: String,
    /// When that was, as the event says.
    pub settled_at: OffsetDateTime,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
}

/// Which orders: all, where nothing is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Of one user.
    pub user_id: Option<String>,
    /// In one state.
    pub payment_status: Option<String>,
}

/// The place of something in a list that begins with the latest: its time, and its id.
pub type Place = (OffsetDateTime, String);

/// The order of an id, with so many of its latest payments at most.
pub async fn order(connection: &mut PgConnection, order_id: &str, payments: i64) -> sqlx::Result<Option<Order>> {
    let row = sqlx::query_file!("queries/show_order.sql", order_id, payments).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let lines = row.skus.into_iter().zip(row.quantities).zip(row.unit_prices);
    let times = row.settled_at.into_iter().zip(row.payments_recorded_at);
    let payments = row.payment_ids.into_iter().zip(row.amounts).zip(row.statuses).zip(times);
    Ok(Some(Order {
        summary: OrderSummary {
            order_id: row.order_id,
            user_id: row.user_id,
            currency: row.currency,
            total: row.total,
            settled: sum(&row.settled)?,
            refunded: sum(&row.refunded)?,
            payment_status: row.payment_status,
            placed_at: row.placed_at,
        },
        event_source: row.event_source,
        event_id: row.event_id,
        recorded_at: row.recorded_at,
        items: lines.map(|((sku, quantity), unit_price)| Item { sku, quantity, unit_price }).collect(),
        payments: payments
            .map(|(((payment_id, amount), status), (settled_at, recorded_at))| Payment {
                payment_id,
                amount,
                status,
                settled_at,
                recorded_at,
            })
            .collect(),
    }))
}

/// The latest orders that match, those before a place where there is one, at most so many.
pub async fn orders(
    connection: &mut PgConnection,
    filter: &OrderFilter,
    before: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<OrderSummary>> {
    let rows = sqlx::query_file!(
        "queries/list_orders.sql",
        filter.user_id.as_deref() as Option<&str>,
        filter.payment_status.as_deref() as Option<&str>,
        before.map(|(placed_at, _)| *placed_at) as Option<OffsetDateTime>,
        before.map(|(_, order_id)| order_id.as_str()) as Option<&str>,
        limit
    )
    .fetch_all(connection)
    .await?;
    let summary = rows.into_iter().map(|row| {
        Ok(OrderSummary {
            order_id: row.order_id,
            user_id: row.user_id,
            currency: row.currency,
            total: row.total,
            settled: sum(&row.settled)?,
            refunded: sum(&row.refunded)?,
            payment_status: row.payment_status,
            placed_at: row.placed_at,
        })
    });
    summary.collect()
}

/// The currency of an order and its latest payments, those before a place where there is one, at most so many. None where there is no
/// such order.
pub async fn payments(
    connection: &mut PgConnection,
    order_id: &str,
    before: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Option<(String, Vec<Payment>)>> {
    let rows = sqlx::query_file!(
        "queries/list_payments.sql",
        order_id,
        before.map(|(settled_at, _)| *settled_at) as Option<OffsetDateTime>,
        before.map(|(_, payment_id)| payment_id.as_str()) as Option<&str>,
        limit
    )
    .fetch_all(connection)
    .await?;
    let Some(currency) = rows.first().map(|row| row.currency.clone()) else { return Ok(None) };
    // An order without payments is one row without a payment.
    let payments = rows.into_iter().filter_map(|row| {
        Some(Payment {
            payment_id: row.payment_id?,
            amount: row.amount?,
            status: row.status?,
            settled_at: row.settled_at?,
            recorded_at: row.recorded_at?,
        })
    });
    Ok(Some((currency, payments.collect())))
}

/// A sum that the database wrote as text: it may have more than 64 bits.
pub(crate) fn sum(text: &str) -> sqlx::Result<i128> {
    text.parse::<i128>().map_err(|error| Error::Decode(Box::new(error)))
}
