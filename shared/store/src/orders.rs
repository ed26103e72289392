//! `orders` and `order_items`: what users ordered, as events tell it.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

/// An order that an event placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which order.
    pub order_id: String,
    /// What was said of it.
    pub content: Content,
    /// The sum of its items, in minor units.
    pub total: i64,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// When it was placed, as the event says.
    pub placed_at: OffsetDateTime,
}

/// What two events that place one order must agree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Who ordered.
    pub user_id: String,
    /// The code of the currency.
    pub currency: String,
    /// What was ordered, in its order.
    pub items: Vec<Item>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The article.
    pub sku: String,
    /// How many of it.
    pub quantity: i64,
    /// What one costs, in minor units.
    pub unit_price: i64,
}

/// Which of these orders are there.
pub async fn existing(connection: &mut PgConnection, order_ids: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select order_id from orders where order_id = any($1)", order_ids).fetch_all(connection).await
}

/// Inserts orders with their items, and says which of them are new; of those that are there, nothing changes. Another transaction that
/// inserts one of them at the same moment is waited for. No two may have one id.
pub async fn insert(connection: &mut PgConnection, orders: &[&Order]) -> sqlx::Result<HashSet<String>> {
    let items = Items::of(orders);
    let new = sqlx::query_file_scalar!(
        "queries/insert_orders.sql",
        &orders.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>() as &[&str],
        &orders.iter().map(|order| order.content.user_id.as_str()).collect::<Vec<_>>() as &[&str],
        &orders.iter().map(|order| order.content.currency.as_str()).collect::<Vec<_>>() as &[&str],
        &orders.iter().map(|order| order.total).collect::<Vec<_>>(),
        &orders.iter().map(|order| order.event_source.as_str()).collect::<Vec<_>>() as &[&str],
        &orders.iter().map(|order| order.event_id.as_str()).collect::<Vec<_>>() as &[&str],
        &orders.iter().map(|order| order.placed_at).collect::<Vec<_>>(),
        &items.order_id as &[&str],
        &items.line,
        &items.sku as &[&str],
        &items.quantity,
        &items.unit_price,
    )
    .fetch_all(connection)
    .await?;
    Ok(new.into_iter().collect())
}

/// The items of all orders, one under the other.
#[derive(Default)]
struct Items<'a> {
    order_id: Vec<&'a str>,
    line: Vec<i32>,
    sku: Vec<&'a str>,
    quantity: Vec<i64>,
    unit_price: Vec<i64>,
}

impl<'a> Items<'a> {
    fn of(orders: &[&'a Order]) -> Self {
        let mut columns = Self::default();
        for order in orders {
            for (line, item) in (1..).zip(&order.content.items) {
                columns.order_id.push(&order.order_id);
                columns.line.push(line);
                columns.sku.push(&item.sku);
                columns.quantity.push(item.quantity);
                columns.unit_price.push(item.unit_price);
            }
        }
        columns
    }
}

/// What was said of those of these orders that are there.
pub async fn load(connection: &mut PgConnection, order_ids: &[&str]) -> sqlx::Result<HashMap<String, Content>> {
    let rows =
        sqlx::query_file!("queries/load_orders.sql", order_ids as &[&str]).fetch_all(connection).await?.into_iter();
    let content = rows.map(|row| {
        let lines = row.skus.into_iter().zip(row.quantities).zip(row.unit_prices);
        let items = lines.map(|((sku, quantity), unit_price)| Item { sku, quantity, unit_price }).collect();
        (row.order_id, Content { user_id: row.user_id, currency: row.currency, items })
    });
    Ok(content.collect())
}

/// Locks those of these orders that are there, in the order of their ids until the transaction ends, and says which currency each is in.
pub async fn lock(connection: &mut PgConnection, order_ids: &[&str]) -> sqlx::Result<HashMap<String, String>> {
    let rows = sqlx::query!(
        "select order_id, currency from orders where order_id = any($1) order by order_id for no key update",
        order_ids as &[&str]
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.order_id, row.currency)).collect())
}
