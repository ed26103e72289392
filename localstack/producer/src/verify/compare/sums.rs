use std::collections::{BTreeMap, BTreeSet};

use super::{Expected, Found, Table, Verdict, count};

/// What orders say was paid is what their payments come to.
pub(super) fn paid(found: &Found, verdict: &mut Verdict) {
    let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
    for payment in &found.payments {
        *sums.entry((payment.order_id.as_str(), payment.status.as_str())).or_default() += i128::from(payment.amount);
    }
    for order in &found.orders {
        for (status, says) in [("settled", &order.settled), ("refunded", &order.refunded)] {
            let sum = sums.get(&(order.order_id.as_str(), status)).copied().unwrap_or_default();
            let says = says.parse::<i128>();
            match says {
                Ok(says) if says == sum => {}
                Ok(says) if says > sum => {
                    let order = &order.order_id;
                    verdict.doubled.push(format!("order {order} has {says} {status}, and its payments come to {sum}"));
                }
                _ => verdict.unequal.push(format!(
                    "order {} has {} {status}, and its payments come to {sum}",
                    order.order_id,
                    says.map_or_else(|_| "no number".to_owned(), |says| says.to_string())
                )),
            }
        }
    }
}

/// The stock is what the ledger comes to.
pub(super) fn stock(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut sums: BTreeMap<&str, (i128, i64)> = BTreeMap::new();
    for adjustment in &found.adjustments {
        let (quantity, adjustments) = sums.entry(&adjustment.sku).or_default();
        *quantity += i128::from(adjustment.delta);
        *adjustments += 1;
    }
    let there: BTreeSet<&str> = found.adjustments.iter().map(|adjustment| adjustment.adjustment_id.as_str()).collect();
    let sent = expected.adjustments.iter().filter(|(id, told)| told.standing.is_due() || there.contains(id.as_str()));
    let articles = sent.map(|(_, told)| told.what.sku.as_str()).collect::<BTreeSet<_>>().len();
    for stock in &found.stock {
        let (quantity, adjustments) = sums.remove(stock.sku.as_str()).unwrap_or_default();
        if (i128::from(stock.quantity), stock.adjustments) == (quantity, adjustments) {
            continue;
        }
        let said = format!(
            "the stock of {} is {} by {} adjustments, and its ledger comes to {quantity} by {adjustments}",
            stock.sku, stock.quantity, stock.adjustments
        );
        if stock.adjustments > adjustments { verdict.doubled.push(said) } else { verdict.unequal.push(said) }
    }
    verdict.unequal.extend(sums.keys().map(|sku| format!("the stock of {sku} is not there, and its ledger is")));
    count("articles".to_owned(), i128::try_from(articles).unwrap_or(i128::MAX), found.stock.len(), verdict);
}

/// Money by currency: what was ordered, and what was paid of it.
pub(super) fn money(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut sums: BTreeMap<String, (i128, i128)> = BTreeMap::new();
    let orders: BTreeSet<&str> = found.orders.iter().map(|order| order.order_id.as_str()).collect();
    let payments: BTreeSet<&str> = found.payments.iter().map(|payment| payment.payment_id.as_str()).collect();
    for (id, told) in &expected.orders {
        if told.standing.is_due() || orders.contains(id.as_str()) {
            sums.entry(format!("{} ordered", told.what.currency)).or_default().0 += i128::from(told.what.total);
        }
    }
    for (id, told) in &expected.payments {
        let Some(order) = expected.orders.get(&told.what.order_id) else { continue };
        if told.standing.is_due() || payments.contains(id.as_str()) {
            sums.entry(format!("{} paid", order.what.currency)).or_default().0 +=
                signed(&told.what.status, told.what.amount);
        }
    }
    for order in &found.orders {
        let number = |text: &str| text.parse::<i128>().unwrap_or_default();
        let paid = number(&order.settled) - number(&order.refunded);
        sums.entry(format!("{} ordered", order.currency)).or_default().1 += i128::from(order.total);
        sums.entry(format!("{} paid", order.currency)).or_default().1 += paid;
    }
    verdict.tables.extend(sums.into_iter().map(|(what, (journal, database))| Table::exact(what, journal, database)));
}

fn signed(status: &str, amount: i64) -> i128 {
    match status {
        "settled" => i128::from(amount),
        "refunded" => -i128::from(amount),
        _ => 0,
    }
}
