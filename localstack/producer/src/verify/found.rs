use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection as _, FromRow, PgConnection};

use super::expected::Expected;
use crate::shop::SOURCE;

/// What the database holds of a shop.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub(super) users: Vec<User>,
    pub(super) orders: Vec<Order>,
    pub(super) items: BTreeMap<String, Vec<(String, i64, i64)>>,
    pub(super) payments: Vec<Payment>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) stock: Vec<Stock>,
    pub(super) letters: Vec<Letter>,
    /// What consumers say of events that did not take effect, by id: the state in the inbox, and what is awaited.
    pub(super) seen: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(super) struct User {
    pub(super) user_id: String,
    pub(super) user_type: Option<String>,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(super) struct Order {
    pub(super) order_id: String,
    pub(super) user_id: String,
    pub(super) currency: String,
    pub(super) total: i64,
    /// As text: sums of payments may be more than 64 bits hold.
    pub(super) settled: String,
    pub(super) refunded: String,
    pub(super) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(super) struct Payment {
    pub(super) payment_id: String,
    pub(super) order_id: String,
    pub(super) amount: i64,
    pub(super) status: String,
    pub(super) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
pub(super) struct Adjustment {
    pub(super) adjustment_id: String,
    pub(super) sku: String,
    pub(super) delta: i64,
    pub(super) reason: String,
    pub(super) event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Stock {
    pub(super) sku: String,
    pub(super) quantity: i64,
    pub(super) adjustments: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Letter {
    pub(super) event_id: Option<String>,
    pub(super) value_sha256: Vec<u8>,
    pub(super) error_class: String,
    pub(super) error: String,
}

#[derive(FromRow)]
struct Item {
    order_id: String,
    sku: String,
    quantity: i64,
    unit_price: i64,
}

#[derive(FromRow)]
struct Seen {
    event_id: String,
    how: String,
}

impl Found {
    /// Reads all that has the shop's name, and the dead letters of its events. These are statements of their own: what the product says
    /// of itself is what is doubted here.
    pub(super) async fn read(connection: &mut PgConnection, name: &str, expected: &Expected) -> sqlx::Result<Self> {
        let mut snapshot = connection.begin_with("begin isolation level repeatable read, read only").await?;
        let of = |kind: &str| format!("{name}-{kind}-");
        let items: Vec<Item> = rows(
            &mut snapshot,
            "select order_id, sku, quantity, unit_price from order_items
             where order_id >= $1 and order_id < $2 order by order_id, line",
            &of("o"),
        )
        .await?;
        let mut found = Self {
            users: rows(
                &mut snapshot,
                "select user_id, user_type, email, display_name from users where user_id >= $1 and user_id < $2",
                &of("u"),
            )
            .await?,
            orders: rows(
                &mut snapshot,
                "select order_id, user_id, currency, total, settled::text as settled, refunded::text as refunded, event_id
                 from orders where order_id >= $1 and order_id < $2",
                &of("o"),
            )
            .await?,
            payments: rows(
                &mut snapshot,
                "select payment_id, order_id, amount, status, event_id from payments
                 where payment_id >= $1 and payment_id < $2",
                &of("p"),
            )
            .await?,
            adjustments: rows(
                &mut snapshot,
                "select adjustment_id, sku, delta, reason, event_id from inventory_adjustments
                 where adjustment_id >= $1 and adjustment_id < $2",
                &of("a"),
            )
            .await?,
            stock: rows(
                &mut snapshot,
                "select sku, quantity, adjustments from inventory where sku >= $1 and sku < $2",
                &of("sku"),
            )
            .await?,
            letters: letters(&mut snapshot, expected).await?,
            seen: seen(&mut snapshot).await?,
            ..Self::default()
        };
        for item in items {
            found.items.entry(item.order_id).or_default().push((item.sku, item.quantity, item.unit_price));
        }
        snapshot.rollback().await?;
        Ok(found)
    }
}

/// Rows whose ids begin with this, which ends with a hyphen.
async fn rows<T>(connection: &mut PgConnection, statement: &'static str, beginning: &str) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    // In the order of bytes, a point follows the hyphen.
    let end = format!("{}.", beginning.trim_end_matches('-'));
    sqlx::query_as(statement).bind(beginning).bind(end).fetch_all(connection).await
}

/// The dead letters of the producer's events, and those with the bytes of its rubbish.
async fn letters(connection: &mut PgConnection, expected: &Expected) -> sqlx::Result<Vec<Letter>> {
    let hashes: Vec<&[u8]> = expected.unreadable.keys().map(Vec::as_slice).collect();
    let letters: Vec<Letter> = sqlx::query_as(
        "select event_id, value_sha256, error_class, error from dead_letters
         where consumer in ('event-fanout', 'order-consumer') and (event_source = $1 or value_sha256 = any($2))",
    )
    .bind(SOURCE)
    .bind(hashes)
    .fetch_all(connection)
    .await?;
    let ours: BTreeSet<&str> = expected.event_ids().chain(expected.rubbish.keys().map(String::as_str)).collect();
    let is_ours = |letter: &Letter| match letter.event_id.as_deref() {
        Some(id) => ours.contains(id),
        None => expected.unreadable.contains_key(&letter.value_sha256),
    };
    Ok(letters.into_iter().filter(is_ours).collect())
}

/// What became of events that did not take effect.
async fn seen(connection: &mut PgConnection) -> sqlx::Result<BTreeMap<String, String>> {
    let seen: Vec<Seen> = sqlx::query_as(
        "select inbox.event_id, inbox.state || coalesce(', and waits for the ' || awaits_kind || ' ' || awaits_id, '') as how
         from inbox
         left join parked_events as parked
             on parked.consumer = inbox.consumer and parked.event_source = inbox.event_source and parked.event_id = inbox.event_id
         where inbox.consumer in ('event-fanout', 'order-consumer') and inbox.event_source = $1 and inbox.state <> 'applied'",
    )
    .bind(SOURCE)
    .fetch_all(connection)
    .await?;
    Ok(seen.into_iter().map(|seen| (seen.event_id, seen.how)).collect())
}
