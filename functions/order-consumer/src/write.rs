use std::collections::HashMap;

use consumer::{Effect, effects, firsts, told_again};
use store::inventory::Adjustment;
use store::orders::Order;
use store::payments::Payment;
use store::{PgConnection, inventory, orders, payments};

use crate::compare::{of_adjustments, of_orders, of_payments};
use crate::row::Row;

/// Writes rows of one type, in their order, and says what became of each.
pub(crate) async fn write(connection: &mut PgConnection, rows: &[&Row]) -> Result<Vec<Effect>, store::Error> {
    let (mut orders, mut payments, mut adjustments) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Order(order) => orders.push(order),
            Row::Payment(payment) => payments.push(payment),
            Row::Adjustment(adjustment) => adjustments.push(adjustment),
        }
    }
    // Only one of them has any.
    let mut effects = place(connection, &orders).await?;
    effects.extend(settle(connection, &payments).await?);
    effects.extend(adjust(connection, &adjustments).await?);
    Ok(effects)
}

async fn place(connection: &mut PgConnection, rows: &[&Order]) -> Result<Vec<Effect>, store::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let firsts = firsts(rows, |order| &order.order_id);
    let new = orders::insert(connection, &firsts).await?;
    let mut there = HashMap::new();
    if new.len() < rows.len() {
        let ids = told_again(rows.iter().map(|order| order.order_id.as_str()), &new);
        there = orders::load(connection, &ids).await?;
    }
    let told: Vec<_> = rows.iter().map(|order| (order.order_id.as_str(), &order.content)).collect();
    effects("order", &told, new, &there, of_orders)
}

/// A payment in another currency than its order is refused whatever else is there, so that it makes no difference what came first.
async fn settle(connection: &mut PgConnection, rows: &[&Payment]) -> Result<Vec<Effect>, store::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut order_ids: Vec<&str> = rows.iter().map(|payment| payment.content.order_id.as_str()).collect();
    order_ids.sort_unstable();
    order_ids.dedup();
    let currencies = orders::lock(connection, &order_ids).await?;
    let refusals: Vec<Option<Effect>> = rows.iter().map(|payment| in_other_currency(payment, &currencies)).collect();
    let sound = rows.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()).map(|(payment, _)| *payment);
    let mut settled = settle_sound(connection, &sound.collect::<Vec<_>>()).await?.into_iter();
    let effects = refusals.into_iter().map(|refusal| refusal.or_else(|| settled.next()));
    effects.collect::<Option<_>>().ok_or(store::Error::RowNotFound)
}

/// The refusal of a payment whose order has another currency. One whose order is not there the database refuses.
fn in_other_currency(payment: &Payment, currencies: &HashMap<String, String>) -> Option<Effect> {
    let (order_id, currency) = (&payment.content.order_id, &payment.content.currency);
    let of_order = currencies.get(order_id).filter(|of_order| *of_order != currency)?;
    let reason = format!("the payment is in {currency}, and the order {order_id} in {of_order}");
    Some(Effect::Refused { class: "other-currency", reason })
}

async fn settle_sound(connection: &mut PgConnection, rows: &[&Payment]) -> Result<Vec<Effect>, store::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let firsts = firsts(rows, |payment| &payment.payment_id);
    let new = payments::insert(connection, &firsts).await?;
    let mut there = HashMap::new();
    if new.len() < rows.len() {
        let ids = told_again(rows.iter().map(|payment| payment.payment_id.as_str()), &new);
        there = payments::load(connection, &ids).await?;
    }
    let told: Vec<_> = rows.iter().map(|payment| (payment.payment_id.as_str(), &payment.content)).collect();
    effects("payment", &told, new, &there, of_payments)
}

async fn adjust(connection: &mut PgConnection, rows: &[&Adjustment]) -> Result<Vec<Effect>, store::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let firsts = firsts(rows, |adjustment| &adjustment.adjustment_id);
    let new = inventory::insert(connection, &firsts).await?;
    let mut there = HashMap::new();
    if new.len() < rows.len() {
        let ids = told_again(rows.iter().map(|adjustment| adjustment.adjustment_id.as_str()), &new);
        there = inventory::load(connection, &ids).await?;
    }
    let told: Vec<_> = rows.iter().map(|adjustment| (adjustment.adjustment_id.as_str(), &adjustment.content)).collect();
    effects("adjustment", &told, new, &there, of_adjustments)
}
