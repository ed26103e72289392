mod letters;
mod row;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use super::expected::{Expected, Told};
use super::found::Found;
use super::verdict::{Table, Verdict};
use letters::letters;
use row::Row;
use sums::{money, paid, stock};

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
            miss(&format!("{what} {id}"), told.is_sure, &told.event_id, found, verdict);
        }
    }
    count(format!("{what}s"), sent, rows.len(), verdict);
}

/// Notes what is not there, and what is known about that.
fn miss(what: &str, is_sure: bool, event_id: &str, found: &Found, verdict: &mut Verdict) {
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
            miss(&format!("the latest name of user {}", user.user_id), true, newest, found, verdict);
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
