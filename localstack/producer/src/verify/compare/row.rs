use crate::verify::{found, told};

/// A row that an event makes.
pub(super) trait Row<T> {
    fn id(&self) -> &str;

    /// The event that made it, where the row says so.
    fn event_id(&self) -> Option<&str>;

    /// The fields in which it is not what the event said.
    fn differences(&self, told: &T) -> Vec<&'static str>;
}

impl Row<told::User> for found::User {
    fn id(&self) -> &str {
        &self.user_id
    }

    fn event_id(&self) -> Option<&str> {
        None
    }

    fn differences(&self, told: &told::User) -> Vec<&'static str> {
        differing(&[
            ("user_type", self.user_type.as_ref() == Some(&told.user_type)),
            ("email", self.email.as_ref() == Some(&told.email)),
        ])
    }
}

impl Row<told::Order> for found::Order {
    fn id(&self) -> &str {
        &self.order_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &told::Order) -> Vec<&'static str> {
        differing(&[
            ("user_id", self.user_id == told.user_id),
            ("currency", self.currency == told.currency),
            ("total", self.total == told.total),
        ])
    }
}

impl Row<told::Payment> for found::Payment {
    fn id(&self) -> &str {
        &self.payment_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &told::Payment) -> Vec<&'static str> {
        differing(&[
            ("order_id", self.order_id == told.order_id),
            ("amount", self.amount == told.amount),
            ("status", self.status == told.status),
        ])
    }
}

impl Row<told::Adjustment> for found::Adjustment {
    fn id(&self) -> &str {
        &self.adjustment_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &told::Adjustment) -> Vec<&'static str> {
        differing(&[
            ("sku", self.sku == told.sku),
            ("delta", self.delta == told.delta),
            ("reason", self.reason == told.reason),
        ])
    }
}

fn differing(fields: &[(&'static str, bool)]) -> Vec<&'static str> {
    fields.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| *name).collect()
}
