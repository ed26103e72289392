use serde::Serialize;
use store::shop::{OrderSummary, Payment};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An order, as lists show it. All money is in minor units of its currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryAnswer {
    /// Which order.
    #[schema(example = "o-7731")]
    order_id: String,
    /// Who ordered.
    #[schema(example = "u-1842")]
    user_id: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    /// What all of it costs.
    #[schema(example = 2650, minimum = 0)]
    total: i64,
    /// The sum of its settled payments. It may be more than 64 bits hold.
    #[schema(example = 2650, minimum = 0)]
    settled: i128,
    /// The sum of its refunds. It may be more than 64 bits hold.
    #[schema(example = 0, minimum = 0)]
    refunded: i128,
    /// How settled less refunded compares with the total.
    #[schema(value_type = Standing)]
    payment_status: String,
    /// When it was placed, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    placed_at: OffsetDateTime,
}

/// How what was paid for an order compares with what it costs.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// Nothing is paid, of an order that costs something.
    Unpaid,
    /// Some of it is.
    PartiallyPaid,
    /// All of it is, and no more; or there is nothing to pay.
    Paid,
    /// More is.
    Overpaid,
    /// What was paid went back, of an order that costs something.
    Refunded,
    /// More went back than was paid.
    OverRefunded,
}

impl Standing {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Unpaid, Self::PartiallyPaid, Self::Paid, Self::Overpaid, Self::Refunded, Self::OverRefunded];

    /// As tables and answers say it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
            Self::Refunded => "refunded",
            Self::OverRefunded => "over_refunded",
        }
    }
}

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentAnswer {
    /// Which payment.
    #[schema(example = "p-90210")]
    payment_id: String,
    /// How much, in minor units; of a refund, how much went back.
    #[schema(example = 2650, minimum = 1)]
    amount: i64,
    /// ISO 4217: the currency of the order.
    #[schema(example = "EUR")]
    currency: String,
    /// `settled`, `failed` or `refunded`.
    #[schema(example = "settled")]
    status: String,
    /// When that was, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    settled_at: OffsetDateTime,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

impl SummaryAnswer {
    pub(crate) fn of(order: OrderSummary) -> Self {
        let OrderSummary { order_id, user_id, currency, total, settled, refunded, payment_status, placed_at } = order;
        Self { order_id, user_id, currency, total, settled, refunded, payment_status, placed_at }
    }
}

impl PaymentAnswer {
    pub(crate) fn of(payment: Payment, currency: &str) -> Self {
        let Payment { payment_id, amount, status, settled_at, recorded_at } = payment;
        Self { payment_id, amount, currency: currency.to_owned(), status, settled_at, recorded_at }
    }
}
