use serde::Serialize;
use store::stock::{Adjustment, Stock};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// How much there is of an article.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockAnswer {
    /// The article.
    #[schema(example = "mug-blue")]
    sku: String,
    /// How many there are; less than 0 where more went out than there were.
    #[schema(example = 38)]
    quantity: i64,
    /// Whether more went out than there were.
    oversold: bool,
    /// How many adjustments have made it so.
    #[schema(example = 2, minimum = 1)]
    adjustments: i64,
}

/// An entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdjustmentAnswer {
    /// Which adjustment.
    #[schema(example = "a-551")]
    adjustment_id: String,
    /// By how many the stock grew; less than 0 where it shrank.
    #[schema(example = 40)]
    delta: i64,
    /// Why.
    #[schema(example = "delivery")]
    reason: String,
    /// The `source` of the event that told of it.
    #[schema(example = "/shop")]
    source: String,
    /// The `id` of that event.
    event_id: String,
    /// When the stock changed, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    adjusted_at: OffsetDateTime,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

impl StockAnswer {
    pub(crate) fn of(stock: Stock) -> Self {
        let Stock { sku, quantity, adjustments } = stock;
        Self { sku, quantity, oversold: quantity < 0, adjustments }
    }
}

impl AdjustmentAnswer {
    pub(crate) fn of(adjustment: Adjustment) -> Self {
        let Adjustment { adjustment_id, delta, reason, event_source, event_id, adjusted_at, recorded_at } = adjustment;
        Self { adjustment_id, delta, reason, source: event_source, event_id, adjusted_at, recorded_at }
    }
}
