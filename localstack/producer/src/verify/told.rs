use crate::Attempts;

/// What an event said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// The event.
    pub event_id: String,
    /// Whether Kafka has it.
    pub standing: Standing,
    /// What it said.
    pub what: T,
}

/// What is known of an event's way to Kafka. Of an event with several records the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nobody knows whether it has arrived: it was on its way when its producer was killed.
    Open,
    /// It was not taken.
    Refused,
    /// Kafka has it for sure.
    Acknowledged,
}

impl Standing {
    /// What became of a record.
    #[must_use]
    pub fn of(attempts: Attempts) -> Self {
        match attempts {
            Attempts { acknowledged: 1.., .. } => Self::Acknowledged,
            Attempts { refused: 1.., .. } => Self::Refused,
            _ => Self::Open,
        }
    }

    /// Whether a sound event of this standing should be in the database.
    #[must_use]
    pub fn is_due(self) -> bool {
        self != Self::Open
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What kind of user.
    pub user_type: String,
    /// The address.
    pub email: String,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who ordered.
    pub user_id: String,
    /// The currency.
    pub currency: String,
    /// Article, quantity and price of each line.
    pub items: Vec<(String, i64, i64)>,
    /// What they come to.
    pub total: i64,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// For which order.
    pub order_id: String,
    /// How much.
    pub amount: i64,
    /// What became of it.
    pub status: String,
}

/// An adjustment of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The article.
    pub sku: String,
    /// By how many.
    pub delta: i64,
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_and_never_acknowledged_is_due_and_what_is_open_is_not() {
        let of = |tries, acknowledged, refused| Standing::of(Attempts { tries, acknowledged, refused });
        assert_eq!(
            [of(1, 0, 0), of(3, 0, 1), of(2, 1, 1)],
            [Standing::Open, Standing::Refused, Standing::Acknowledged]
        );
        assert_eq!([of(1, 0, 0), of(1, 0, 1), of(1, 1, 0)].map(Standing::is_due), [false, true, true]);
    }
}
