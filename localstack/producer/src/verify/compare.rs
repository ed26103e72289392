use std::collections::{BTreeMap, BTreeSet};

use super::expected::{self, Expected, Told};
use super::found::{self, Found};
use super::verdict::{Table, Verdict};

/// What a journal says beside what the database holds.
#[must_use]
pub fn compare(expected: &Expected, found: &Found) -> Verdict {
    let mut verdict = Verdict { duplicates: expected.duplicates, ..Verdict::default() };
    rows("user", &expected.users, &found.users, found, &mut verdict);
    names(expected, found, &mut verdict);
    rows("order", &expected.orders, &found.orders, found, &mut verdict);
    items(expected, found, &mut verdict);
    rows("payment", &expected.payments, &found.payments, found, &mut verdict);
    rows("adjustment", &expected.adjustments, &found.adjustments, found, &mut verdict);
    paid(found, &mut verdict);
    stock(found, &mut verdict);
    letters(expected, found, &mut verdict);
    money(expected, found, &mut verdict);
    verdict
}

/// A row that an event makes.
trait Row<T> {
    fn id(&self) -> &str;

    /// The event that made it, where the row says so.
    fn event_id(&self) -> Option<&str>;

    /// The fields in which it is not what the event said.
    fn differences(&self, told: &T) -> Vec<&'static str>;
}

impl Row<expected::User> for found::User {
    fn id(&self) -> &str {
        &self.user_id
    }

    fn event_id(&self) -> Option<&str> {
        None
    }

    fn differences(&self, told: &expected::User) -> Vec<&'static str> {
        differing(&[
            ("user_type", self.user_type.as_ref() == Some(&told.user_type)),
            ("email", self.email.as_ref() == Some(&told.email)),
        ])
    }
}

impl Row<expected::Order> for found::Order {
    fn id(&self) -> &str {
        &self.order_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &expected::Order) -> Vec<&'static str> {
        differing(&[
            ("user_id", self.user_id == told.user_id),
            ("currency", self.currency == told.currency),
            ("total", self.total == told.total),
        ])
    }
}

impl Row<expected::Payment> for found::Payment {
    fn id(&self) -> &str {
        &self.payment_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &expected::Payment) -> Vec<&'static str> {
        differing(&[
            ("order_id", self.order_id == told.order_id),
            ("amount", self.amount == told.amount),
            ("status", self.status == told.status),
        ])
    }
}

impl Row<expected::Adjustment> for found::Adjustment {
    fn id(&self) -> &str {
        &self.adjustment_id
    }

    fn event_id(&self) -> Option<&str> {
        Some(&self.event_id)
    }

    fn differences(&self, told: &expected::Adjustment) -> Vec<&'static str> {
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

/// Rows of one table beside the events that should have made them.
fn rows<T, R: Row<T>>(
    what: &str,
    expected: &BTreeMap<String, Told<T>>,
    rows: &[R],
    found: &Found,
    verdict: &mut Verdict,
) {
    let mut there = BTreeSet::new();
    for row in rows {
        let id = row.id();
        let Some(told) = expected.get(id) else {
            let again = expected.values().any(|told| row.event_id() == Some(told.event_id.as_str()));
            let why = if again { "is a second row of one event" } else { "was never sent" };
            verdict.doubled.push(format!("{what} {id} {why}"));
            continue;
        };
        there.insert(id);
        let mut differences = row.differences(&told.what);
        if row.event_id().is_some_and(|event_id| event_id != told.event_id) {
            differences.push("event_id");
        }
        if !differences.is_empty() {
            verdict.unequal.push(format!("{what} {id} has another {}", differences.join(", ")));
        }
    }
    let mut sent = 0;
    for (id, told) in expected {
        let is_there = there.contains(id.as_str());
        sent += i128::from(is_there || told.is_sure);
        if !is_there {
            miss(format!("{what} {id}"), told.is_sure, &told.event_id, found, verdict);
        }
    }
    count(format!("{what}s"), sent, rows.len(), verdict);
}

/// Notes what is not there, and what is known about that.
fn miss(what: String, is_sure: bool, event_id: &str, found: &Found, verdict: &mut Verdict) {
    if !is_sure {
        verdict.uncertain += 1;
        return;
    }
    let letter = found.letters.iter().find(|letter| letter.event_id.as_deref() == Some(event_id));
    let how = match (letter, found.seen.get(event_id)) {
        (Some(letter), _) => format!("is a dead letter: {}: {}", letter.error_class, letter.error),
        (None, Some(seen)) => format!("is {seen}"),
        (None, None) => "is nowhere".to_owned(),
    };
    verdict.missing.push(format!("{what} {how} (event {event_id})"));
}

fn count(what: String, journal: i128, database: usize, verdict: &mut Verdict) {
    let database = i128::try_from(database).unwrap_or(i128::MAX);
    verdict.tables.push(Table { what, journal, database });
}

/// Users are called what the greatest sequence says. Of updates that nobody knows to have arrived, either is right.
fn names(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut of_users: BTreeMap<&str, Vec<(&str, &Told<String>)>> = BTreeMap::new();
    for ((user, sequence), told) in &expected.names {
        of_users.entry(user).or_default().push((sequence.as_str(), told));
    }
    for user in &found.users {
        let told = of_users.remove(user.user_id.as_str()).unwrap_or_default();
        let sure = told.iter().filter(|(_, told)| told.is_sure).map(|(sequence, _)| *sequence).max();
        let mut right = told.iter().filter(|(sequence, _)| Some(*sequence) >= sure).map(|(_, told)| &told.what);
        let name = user.display_name.as_ref();
        let is_right = name.map_or(sure.is_none(), |name| right.any(|right| right == name));
        if is_right {
            continue;
        }
        if name.is_none_or(|name| told.iter().any(|(_, told)| told.what == *name)) {
            let newest = told.iter().rfind(|(_, told)| told.is_sure).map_or("", |(_, told)| told.event_id.as_str());
            miss(format!("the latest name of user {}", user.user_id), true, newest, found, verdict);
        } else {
            verdict.unequal.push(format!("user {} has another display_name", user.user_id));
        }
    }
}

fn items(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let (mut sent, mut there) = (0, 0);
    for order in &found.orders {
        let items = found.items.get(&order.order_id).map_or(&[][..], Vec::as_slice);
        there += items.len();
        let Some(told) = expected.orders.get(&order.order_id) else { continue };
        sent += told.what.items.len();
        if items != told.what.items {
            verdict.unequal.push(format!("order {} has other items", order.order_id));
        }
    }
    let ids: BTreeSet<&str> = found.orders.iter().map(|order| order.order_id.as_str()).collect();
    let missing = expected.orders.iter().filter(|(id, told)| told.is_sure && !ids.contains(id.as_str()));
    sent += missing.map(|(_, told)| told.what.items.len()).sum::<usize>();
    count("items".to_owned(), i128::try_from(sent).unwrap_or(i128::MAX), there, verdict);
}

/// What orders say was paid is what their payments come to.
fn paid(found: &Found, verdict: &mut Verdict) {
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
fn stock(found: &Found, verdict: &mut Verdict) {
    let mut sums: BTreeMap<&str, (i128, i64)> = BTreeMap::new();
    for adjustment in &found.adjustments {
        let (quantity, adjustments) = sums.entry(&adjustment.sku).or_default();
        *quantity += i128::from(adjustment.delta);
        *adjustments += 1;
    }
    let articles = sums.len();
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

/// Rubbish is one dead letter each.
fn letters(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut by_id: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_hash: BTreeMap<&[u8], u64> = BTreeMap::new();
    for letter in &found.letters {
        match letter.event_id.as_deref() {
            Some(id) => *by_id.entry(id).or_default() += 1,
            None => *by_hash.entry(&letter.value_sha256).or_default() += 1,
        }
    }
    let (mut sent, mut there) = (0, 0);
    for (id, is_sure) in &expected.rubbish {
        let letters = by_id.get(id.as_str()).copied().unwrap_or_default();
        rubbish(&format!("event {id}"), (u64::from(*is_sure), 1), letters, verdict);
        sent += letters.clamp(u64::from(*is_sure), 1);
        there += letters;
    }
    for (hash, (least, most)) in &expected.unreadable {
        let letters = by_hash.get(hash.as_slice()).copied().unwrap_or_default();
        let name: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        rubbish(&format!("value {name}…"), (*least, *most), letters, verdict);
        sent += letters.clamp(*least, *most);
        there += letters;
    }
    verdict.tables.push(Table { what: "dead letters".to_owned(), journal: sent.into(), database: there.into() });
}

fn rubbish(what: &str, (least, most): (u64, u64), letters: u64, verdict: &mut Verdict) {
    if letters < least {
        verdict.missing.push(format!("the dead letter of the rubbish {what} is nowhere"));
    } else if letters > most {
        verdict.doubled.push(format!("the rubbish {what} is {letters} dead letters"));
    }
}

/// Money by currency: what was ordered, and what was paid of it.
fn money(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut sums: BTreeMap<String, (i128, i128)> = BTreeMap::new();
    let orders: BTreeSet<&str> = found.orders.iter().map(|order| order.order_id.as_str()).collect();
    let payments: BTreeSet<&str> = found.payments.iter().map(|payment| payment.payment_id.as_str()).collect();
    for (id, told) in &expected.orders {
        if told.is_sure || orders.contains(id.as_str()) {
            sums.entry(format!("{} ordered", told.what.currency)).or_default().0 += i128::from(told.what.total);
        }
    }
    for (id, told) in &expected.payments {
        let Some(order) = expected.orders.get(&told.what.order_id) else { continue };
        if told.is_sure || payments.contains(id.as_str()) {
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
    verdict.tables.extend(sums.into_iter().map(|(what, (journal, database))| Table { what, journal, database }));
}

fn signed(status: &str, amount: i64) -> i128 {
    match status {
        "settled" => i128::from(amount),
        "refunded" => -i128::from(amount),
        _ => 0,
    }
}
