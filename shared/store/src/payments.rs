//! `payments`: money that moved for orders, as events tell it.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

/// A payment that an event told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Which payment.
    pub payment_id: String,
    /// What was said of it.
    pub content: Content,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// When that was, as the event says.
    pub settled_at: OffsetDateTime,
}

/// What two events that tell of one payment must agree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The order that it is for.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// The code of the currency.
    pub currency: String,
    /// `settled`, `failed` or `refunded`.
    pub status: String,
}

/// Inserts payments, adds them to the sums of their orders, and says which of them are new; nothing else changes. Their orders are
/// locked ([`crate::orders::lock`]) and in their currencies. No two may have one id.
pub async fn insert(connection: &mut PgConnection, payments: &[&Payment]) -> sqlx::Result<HashSet<String>> {
    let new = sqlx::query_file_scalar!(
        "queries/insert_payments.sql",
        &payments.iter().map(|payment| payment.payment_id.as_str()).collect::<Vec<_>>() as &[&str],
        &payments.iter().map(|payment| payment.content.order_id.as_str()).collect::<Vec<_>>() as &[&str],
        &payments.iter().map(|payment| payment.content.amount).collect::<Vec<_>>(),
        &payments.iter().map(|payment| payment.content.status.as_str()).collect::<Vec<_>>() as &[&str],
        &payments.iter().map(|payment| payment.event_source.as_str()).collect::<Vec<_>>() as &[&str],
        &payments.iter().map(|payment| payment.event_id.as_str()).collect::<Vec<_>>() as &[&str],
        &payments.iter().map(|payment| payment.settled_at).collect::<Vec<_>>(),
    )
    .fetch_all(connection)
    .await?;
    Ok(new.into_iter().collect())
}

/// What was said of those of these payments that are there.
pub async fn load(connection: &mut PgConnection, payment_ids: &[&str]) -> sqlx::Result<HashMap<String, Content>> {
    let rows = sqlx::query_file!("queries/load_payments.sql", payment_ids as &[&str]).fetch_all(connection).await?;
    let content = rows.into_iter().map(|row| {
        let content =
            Content { order_id: row.order_id, amount: row.amount, currency: row.currency, status: row.status };
        (row.payment_id, content)
    });
    Ok(content.collect())
}
