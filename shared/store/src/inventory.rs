//! `inventory` and `inventory_adjustments`: the stock of articles and the ledger that makes it, as events tell it.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

/// An adjustment that an event told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Which adjustment.
    pub adjustment_id: String,
    /// What was said of it.
    pub content: Content,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// When the stock changed, as the event says.
    pub adjusted_at: OffsetDateTime,
}

/// What two events that tell of one adjustment must agree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The article.
    pub sku: String,
    /// By how many the stock grew; less than 0 where it shrank.
    pub delta: i64,
    /// Why.
    pub reason: String,
}

/// Adds adjustments to the ledger, brings them into the stock, and says which of them are new; nothing else changes. No two may have one
/// id.
pub async fn insert(connection: &mut PgConnection, adjustments: &[&Adjustment]) -> sqlx::Result<HashSet<String>> {
    let new = sqlx::query_file_scalar!(
        "queries/insert_inventory_adjustments.sql",
        &adjustments.iter().map(|adjustment| adjustment.adjustment_id.as_str()).collect::<Vec<_>>() as &[&str],
        &adjustments.iter().map(|adjustment| adjustment.content.sku.as_str()).collect::<Vec<_>>() as &[&str],
        &adjustments.iter().map(|adjustment| adjustment.content.delta).collect::<Vec<_>>(),
        &adjustments.iter().map(|adjustment| adjustment.content.reason.as_str()).collect::<Vec<_>>() as &[&str],
        &adjustments.iter().map(|adjustment| adjustment.event_source.as_str()).collect::<Vec<_>>() as &[&str],
        &adjustments.iter().map(|adjustment| adjustment.event_id.as_str()).collect::<Vec<_>>() as &[&str],
        &adjustments.iter().map(|adjustment| adjustment.adjusted_at).collect::<Vec<_>>(),
    )
    .fetch_all(connection)
    .await?;
    Ok(new.into_iter().collect())
}

/// What was said of those of these adjustments that are there.
pub async fn load(connection: &mut PgConnection, adjustment_ids: &[&str]) -> sqlx::Result<HashMap<String, Content>> {
    let rows = sqlx::query!(
        "select adjustment_id, sku, delta, reason from inventory_adjustments where adjustment_id = any($1)",
        adjustment_ids as &[&str]
    )
    .fetch_all(connection)
    .await?;
    let content = rows.into_iter().map(|row| {
        let content = Content { sku: row.sku, delta: row.delta, reason: row.reason };
        (row.adjustment_id, content)
    });
    Ok(content.collect())
}
