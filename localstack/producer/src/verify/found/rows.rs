use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Postgres};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(crate) struct User {
    pub(crate) user_id: String,
    pub(crate) user_type: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) display_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) user_id: String,
    pub(crate) currency: String,
    pub(crate) total: i64,
    /// As text: sums of payments may be more than 64 bits hold.
    pub(crate) settled: String,
    pub(crate) refunded: String,
    pub(crate) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(crate) struct Payment {
    pub(crate) payment_id: String,
    pub(crate) order_id: String,
    pub(crate) amount: i64,
    pub(crate) status: String,
    pub(crate) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(crate) struct Adjustment {
    pub(crate) adjustment_id: String,
    pub(crate) sku: String,
    pub(crate) delta: i64,
    pub(crate) reason: String,
    pub(crate) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Stock {
    pub(crate) sku: String,
    pub(crate) quantity: i64,
    pub(crate) adjustments: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Item {
    pub(crate) order_id: String,
    pub(crate) sku: String,
    pub(crate) quantity: i64,
    pub(crate) unit_price: i64,
}

/// Rows of which an id begins with one of these, each of which ends with a hyphen. Each is two parameters: from where, and before what.
pub(super) async fn rows<T>(
    connection: &mut PgConnection,
    statement: &'static str,
    beginnings: &[String],
) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut query = sqlx::query_as::<Postgres, T>(statement);
    for beginning in beginnings {
        // In the order of bytes, a point follows the hyphen.
        let end = format!("{}.", beginning.trim_end_matches('-'));
        query = query.bind(beginning.clone()).bind(end);
    }
    query.fetch_all(connection).await
}
