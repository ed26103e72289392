use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Currency, OrderId, PaymentId, Sku, UserId, Whole};

/// Money, in minor units of a currency. An article may be free.
pub type Price = Whole<0, { i64::MAX }>;

/// Money that somebody paid or got back, in minor units of a currency.
pub type Amount = Whole<1, { i64::MAX }>;

/// How many of an article.
pub type Quantity = Whole<1, 2_147_483_647>;

/// `order.placed` 1.0: somebody ordered something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The new order.
    pub order_id: OrderId,
    /// Who ordered.
    pub user_id: UserId,
    /// What was ordered. The total, which is the sum of quantity times price, is no more than 64 bits hold.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<OrderItem>, min_items = 1, max_items = 500))]
    pub items: OrderItems,
    /// What prices and payments of the order are in.
    pub currency: Currency,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// The article. It may stand on several lines, such as at two prices.
    pub sku: Sku,
    /// How many of it.
    pub quantity: Quantity,
    /// What one costs, in minor units of the order's currency.
    pub unit_price: Price,
}

/// The lines of an order: 1 to 500, whose sum is no more than an `i64` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OrderItems {
    lines: Vec<OrderItem>,
    #[serde(skip)]
    total: i64,
}

/// Why lines are those of no order.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidItems {
    /// There are none, or too many.
    #[error("has {0} lines, and not 1 to {most}", most = MOST_ITEMS)]
    Count(usize),
    /// Their sum is too large.
    #[error("comes to more than 64 bits hold")]
    Total,
}

/// The most lines of an order.
const MOST_ITEMS: usize = 500;

impl OrderItems {
    /// The lines, where they can be those of an order.
    pub fn new(lines: Vec<OrderItem>) -> Result<Self, InvalidItems> {
        if lines.is_empty() || lines.len() > MOST_ITEMS {
            return Err(InvalidItems::Count(lines.len()));
        }
        let total = lines.iter().try_fold(0_i64, |total, line| {
            let line = line.unit_price.get().checked_mul(line.quantity.get())?;
            total.checked_add(line)
        });
        Ok(Self { lines, total: total.ok_or(InvalidItems::Total)? })
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[OrderItem] {
        &self.lines
    }

    /// What all of it costs, in minor units.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.total
    }
}

impl<'de> Deserialize<'de> for OrderItems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// `payment.settled` 1.0: money for an order moved, or failed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentSettled {
    /// The payment. An order may have several, and a refund is a payment of its own.
    pub payment_id: PaymentId,
    /// The order that it is for.
    pub order_id: OrderId,
    /// How much, in minor units; of a refund, how much went back.
    pub amount: Amount,
    /// The currency, which has to be that of the order.
    pub currency: Currency,
    /// What became of it.
    pub status: PaymentStatus,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The shop has the money.
    Settled,
    /// No money moved.
    Failed,
    /// The money went back.
    Refunded,
}

impl PaymentStatus {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, unit_price: i64) -> OrderItem {
        OrderItem {
            sku: "sku-1".parse().unwrap(),
            quantity: Quantity::new(quantity).unwrap(),
            unit_price: Price::new(unit_price).unwrap(),
        }
    }

    #[test]
    fn a_total_is_exact_up_to_the_last_of_64_bits_and_refused_beyond() {
        let total = |lines: &[(i64, i64)]| {
            OrderItems::new(lines.iter().map(|(quantity, price)| line(*quantity, *price)).collect())
                .map(|items| items.total())
        };
        assert_eq!(total(&[(2, 1050), (3, 0), (1, 7)]), Ok(2107));
        assert_eq!(total(&[(1, i64::MAX)]), Ok(i64::MAX));
        assert_eq!(total(&[(1, i64::MAX - 1), (1, 1)]), Ok(i64::MAX));
        assert_eq!(total(&[(1, i64::MAX), (1, 1)]), Err(InvalidItems::Total));
        assert_eq!(total(&[(2, i64::MAX / 2 + 1)]), Err(InvalidItems::Total));
        assert_eq!(total(&[(2_147_483_647, i64::MAX)]), Err(InvalidItems::Total));
    }

    #[test]
    fn an_order_has_a_line_and_not_too_many() {
        let lines = |count| OrderItems::new(vec![line(1, 1); count]);
        assert_eq!(lines(0), Err(InvalidItems::Count(0)));
        assert_eq!(lines(500).unwrap().total(), 500);
        assert_eq!(lines(501).unwrap_err().to_string(), "has 501 lines, and not 1 to 500");
    }
}
