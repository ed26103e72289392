//! The stock of articles and its ledger, as they are read.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::shop::Place;

/// How much there is of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// The article.
    pub sku: String,
    /// How many there are; less than 0 where it is oversold.
    pub quantity: i64,
    /// How many adjustments have made it so.
    pub adjustments: i64,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Which adjustment.
    pub adjustment_id: String,
    /// By how many the stock grew; less than 0 where it shrank.
    pub delta: i64,
    /// Why.
    pub reason: String,
    /// The `source` of the event that told of it.
    pub event_source: String,
    /// The `id` of that event.
    pub event_id: String,
    /// When the stock changed, as the event says.
    pub adjusted_at: OffsetDateTime,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
}

/// The stock of articles behind this one, in the order of their SKUs, at most so many; only what is oversold, where that is asked for.
pub async fn list(
    connection: &mut PgConnection,
    only_oversold: bool,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Stock>> {
    sqlx::query_file_as!(Stock, "queries/list_inventory.sql", only_oversold, after.unwrap_or_default(), limit)
        .fetch_all(connection)
        .await
}

/// The stock of an article, with the latest entries of its ledger, those before a place where there is one, at most so many. None where
/// it has never been adjusted.
pub async fn show(
    connection: &mut PgConnection,
    sku: &str,
    before: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Option<(Stock, Vec<Adjustment>)>> {
    let rows = sqlx::query_file!(
        "queries/show_inventory.sql",
        sku,
        before.map(|(adjusted_at, _)| *adjusted_at) as Option<OffsetDateTime>,
        before.map(|(_, adjustment_id)| adjustment_id.as_str()) as Option<&str>,
        limit
    )
    .fetch_all(connection)
    .await?;
    let stock =
        rows.first().map(|row| Stock { sku: row.sku.clone(), quantity: row.quantity, adjustments: row.adjustments });
    let Some(stock) = stock else { return Ok(None) };
    // Behind the last entry is one row without any.
    let adjustments = rows.into_iter().filter_map(|row| {
        Some(Adjustment {
            adjustment_id: row.adjustment_id?,
            delta: row.delta?,
            reason: row.reason?,
            event_source: row.event_source?,
            event_id: row.event_id?,
            adjusted_at: row.adjusted_at?,
            recorded_at: row.recorded_at?,
        })
    });
    Ok(Some((stock, adjustments.collect())))
}
