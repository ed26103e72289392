use std::collections::{HashMap, HashSet};

use consumer::Effect;
use store::{inventory, orders, payments};

/// What an event says of something that has an id: another event of the same id has to say the same.
pub(crate) trait Content {
    /// What it is that has the id.
    const WHAT: &'static str;

    /// The fields, as the event calls them, in which another differs.
    fn differences(&self, other: &Self) -> Vec<String>;
}

impl Content for orders::Content {
    const WHAT: &'static str = "order";

    fn differences(&self, other: &Self) -> Vec<String> {
        let Self { user_id, currency, items } = self;
        let mut names = differing(&[("userId", *user_id == other.user_id), ("currency", *currency == other.currency)]);
        names.extend(different_item(items, &other.items));
        names
    }
}

/// The first place in which the lines of two orders differ.
fn different_item(items: &[orders::Item], others: &[orders::Item]) -> Option<String> {
    if items.len() != others.len() {
        return Some("items".to_owned());
    }
    items.iter().zip(others).enumerate().find_map(|(place, (item, other))| {
        let orders::Item { sku, quantity, unit_price } = item;
        let fields = [
            ("sku", *sku == other.sku),
            ("quantity", *quantity == other.quantity),
            ("unitPrice", *unit_price == other.unit_price),
        ];
        differing(&fields).first().map(|field| format!("items[{place}].{field}"))
    })
}

impl Content for payments::Content {
    const WHAT: &'static str = "payment";

    fn differences(&self, other: &Self) -> Vec<String> {
        let Self { order_id, amount, currency, status } = self;
        differing(&[
            ("orderId", *order_id == other.order_id),
            ("amount", *amount == other.amount),
            ("currency", *currency == other.currency),
            ("status", *status == other.status),
        ])
    }
}

impl Content for inventory::Content {
    const WHAT: &'static str = "adjustment";

    fn differences(&self, other: &Self) -> Vec<String> {
        let Self { sku, delta, reason } = self;
        differing(&[("sku", *sku == other.sku), ("delta", *delta == other.delta), ("reason", *reason == other.reason)])
    }
}

fn differing(fields: &[(&str, bool)]) -> Vec<String> {
    fields.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| (*name).to_owned()).collect()
}

/// The first of those that have one id: it may make what the others are then compared with.
pub(crate) fn firsts<'a, R>(rows: &[&'a R], id: impl Fn(&'a R) -> &'a str) -> Vec<&'a R> {
    let mut seen = HashSet::new();
    rows.iter().copied().filter(|row| seen.insert(id(row))).collect()
}

/// What became of rows, each with its id and content: the first of an id that is new took effect, and every other one is compared with
/// what is there.
pub(crate) fn effects<C: Content>(
    rows: &[(&str, &C)],
    mut new: HashSet<String>,
    there: &HashMap<String, C>,
) -> Result<Vec<Effect>, store::Error> {
    rows.iter()
        .map(|(id, content)| {
            if new.remove(*id) {
                return Ok(Effect::Applied);
            }
            let there = there.get(*id).ok_or(store::Error::RowNotFound)?;
            Ok(compared(id, there, content))
        })
        .collect()
}

fn compared<C: Content>(id: &str, there: &C, content: &C) -> Effect {
    let names = there.differences(content);
    if names.is_empty() {
        return Effect::Duplicate;
    }
    let reason = format!("the {} {id} is there already, with another value of: {}", C::WHAT, names.join(", "));
    Effect::Refused { class: "other-content", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjustment(delta: i64, reason: &str) -> inventory::Content {
        inventory::Content { sku: "mug".to_owned(), delta, reason: reason.to_owned() }
    }

    #[test]
    fn the_first_of_an_id_takes_effect_and_others_are_compared_with_what_is_there() {
        let (told, same, other) = (adjustment(1, "why"), adjustment(1, "why"), adjustment(2, "because"));
        let there = HashMap::from([("a-1".to_owned(), told.clone()), ("a-2".to_owned(), told.clone())]);
        let rows = [("a-1", &told), ("a-1", &same), ("a-2", &same), ("a-1", &other)];
        let effects = effects(&rows, HashSet::from(["a-1".to_owned()]), &there).unwrap();
        let reason = "the adjustment a-1 is there already, with another value of: delta, reason".to_owned();
        let refused = Effect::Refused { class: "other-content", reason };
        assert_eq!(effects, [Effect::Applied, Effect::Duplicate, Effect::Duplicate, refused]);
    }

    #[test]
    fn what_neither_is_new_nor_there_is_an_error_and_no_effect() {
        assert!(effects(&[("a-1", &adjustment(1, "why"))], HashSet::new(), &HashMap::new()).is_err());
    }

    #[test]
    fn of_an_order_s_lines_the_first_that_differs_is_named() {
        let item = |sku: &str, quantity| orders::Item { sku: sku.to_owned(), quantity, unit_price: 5 };
        let (two, three) = (vec![item("a", 1), item("b", 1)], vec![item("a", 1), item("b", 1), item("c", 1)]);
        assert_eq!(different_item(&two, &two), None);
        assert_eq!(different_item(&two, &three).unwrap(), "items");
        assert_eq!(different_item(&two, &[item("a", 1), item("b", 2)]).unwrap(), "items[1].quantity");
        assert_eq!(different_item(&two, &[item("x", 9), item("b", 2)]).unwrap(), "items[0].sku");
    }
}
