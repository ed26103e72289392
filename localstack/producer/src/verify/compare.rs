mod letters;
mod miss;
mod names;
mod row;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use super::expected::Expected;
use super::found::Found;
use super::told::Told;
use super::verdict::{Table, Verdict};
use letters::{letters, stray};
use miss::miss;
use names::names;
use row::Row;
use sums::{money, paid, stock};

/// What a journal says beside what the database holds.
#[must_use]
pub fn compare(expected: &Expected, found: &Found) -> Verdict {
    let event_ids = &expected.event_ids;
    let mut verdict = Verdict { duplicates: expected.duplicates, ..Verdict::default() };
    rows("user", &expected.users, &found.users, event_ids, found, &mut verdict);
    names(expected, found, &mut verdict);
    rows("order", &expected.orders, &found.orders, event_ids, found, &mut verdict);
    items(expected, found, &mut verdict);
    rows("payment", &expected.payments, &found.payments, event_ids, found, &mut verdict);
    rows("adjustment", &expected.adjustments, &found.adjustments, event_ids, found, &mut verdict);
    paid(found, &mut verdict);
    stock(expected, found, &mut verdict);
    letters(expected, found, &mut verdict);
    money(expected, found, &mut verdict);
    verdict
}

/// Rows of one table beside the events that should have made them.
fn rows<T, R: Row<T>>(
    what: &str,
    expected: &BTreeMap<String, Told<T>>,
    rows: &[R],
    event_ids: &BTreeSet<String>,
    found: &Found,
    verdict: &mut Verdict,
) {
    let mut there = BTreeSet::new();
    for row in rows {
        let id = row.id();
        let Some(told) = expected.get(id) else {
            let again = row.event_id().is_some_and(|event_id| event_ids.contains(event_id));
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
        stray(&format!("{what} {id}"), &told.event_id, found, verdict);
    }
    let mut sent = 0;
    for (id, told) in expected {
        let is_there = there.contains(id.as_str());
        sent += i128::from(is_there || told.standing.is_due());
        if !is_there {
            miss(&format!("{what} {id}"), told, found, verdict);
        }
    }
    count(format!("{what}s"), sent, rows.len(), verdict);
}

fn count(what: String, journal: i128, database: usize, verdict: &mut Verdict) {
    let database = i128::try_from(database).unwrap_or(i128::MAX);
    verdict.tables.push(Table::exact(what, journal, database));
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
    let missing = expected.orders.iter().filter(|(id, told)| told.standing.is_due() && !ids.contains(id.as_str()));
    sent += missing.map(|(_, told)| told.what.items.len()).sum::<usize>();
    count("items".to_owned(), i128::try_from(sent).unwrap_or(i128::MAX), there, verdict);
}
