use serde::{Deserialize, Serialize};

use crate::{AdjustmentId, Sku, Text, Whole};

/// By how many a stock grows; it shrinks by less than none. Four thousand million of the largest add up within 64 bits.
pub type Delta = Whole<-2_147_483_648, 2_147_483_647>;

/// `inventory.adjusted` 1.0: the stock of an article grew or shrank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InventoryAdjusted {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// The article.
    pub sku: Sku,
    /// By how many, less than 0 where there are fewer now.
    pub delta: Delta,
    /// Why, such as `delivery` or `order o-1`.
    pub reason: Text<256>,
}
