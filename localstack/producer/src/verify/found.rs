mod inbox;
mod letters;
mod rows;

use std::collections::BTreeMap;

use sqlx::{Connection as _, PgConnection};

use super::expected::Expected;
pub(super) use inbox::Seen;
pub(super) use letters::{Letter, Letters};
use rows::rows;
pub(super) use rows::{Adjustment, Item, Order, Payment, Stock, User};

/// What the database holds of a shop.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub(super) users: Vec<User>,
    pub(super) orders: Vec<Order>,
    pub(super) items: BTreeMap<String, Vec<(String, i64, i64)>>,
    pub(super) payments: Vec<Payment>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) stock: Vec<Stock>,
    pub(super) letters: Letters,
    /// What consumers say of the expected events, by id.
    pub(super) seen: BTreeMap<String, Seen>,
}

impl Found {
    /// Reads all that has the shop's name or belongs to what has it, and what consumers say of its events. These are statements of their
    /// own: what the product says of itself is what is doubted here.
    pub(super) async fn read(connection: &mut PgConnection, expected: &Expected) -> sqlx::Result<Self> {
        let mut snapshot = connection.begin_with("begin isolation level repeatable read, read only").await?;
        let found = Self {
            letters: Letters::read(&mut snapshot, expected).await?,
            seen: inbox::read(&mut snapshot, expected).await?,
            ..Self::of_shop(&mut snapshot, &expected.name).await?
        };
        snapshot.rollback().await?;
        Ok(found)
    }

    /// A row that nobody sent may have any id: it is found by what it belongs to.
    async fn of_shop(connection: &mut PgConnection, name: &str) -> sqlx::Result<Self> {
        let kinds = ["u", "o", "p", "a", "sku"];
        let [users, orders, payments, adjustments, articles] = kinds.map(|kind| format!("{name}-{kind}-"));
        let mut found = Self {
            users: rows(connection, USERS, std::slice::from_ref(&users)).await?,
            orders: rows(connection, ORDERS, &[orders.clone(), users]).await?,
            payments: rows(connection, PAYMENTS, &[payments, orders.clone()]).await?,
            adjustments: rows(connection, ADJUSTMENTS, &[adjustments, articles.clone()]).await?,
            stock: rows(connection, STOCK, &[articles]).await?,
            ..Self::default()
        };
        let items: Vec<Item> = rows(connection, ITEMS, &[orders]).await?;
        for item in items {
            found.items.entry(item.order_id).or_default().push((item.sku, item.quantity, item.unit_price));
        }
        Ok(found)
    }
}

const USERS: &str = "select user_id, user_type, email, display_name from users where user_id >= $1 and user_id < $2";

const ORDERS: &str =
    "select order_id, user_id, currency, total, settled::text as settled, refunded::text as refunded, event_id
     from orders where (order_id >= $1 and order_id < $2) or (user_id >= $3 and user_id < $4)";

const ITEMS: &str = "select order_id, sku, quantity, unit_price from order_items
     where order_id >= $1 and order_id < $2 order by order_id, line";

const PAYMENTS: &str = "select payment_id, order_id, amount, status, event_id from payments
     where (payment_id >= $1 and payment_id < $2) or (order_id >= $3 and order_id < $4)";

const ADJUSTMENTS: &str = "select adjustment_id, sku, delta, reason, event_id from inventory_adjustments
     where (adjustment_id >= $1 and adjustment_id < $2) or (sku >= $3 and sku < $4)";

const STOCK: &str = "select sku, quantity, adjustments from inventory where sku >= $1 and sku < $2";
