use consumer::differing;
use store::{inventory, orders, payments};

/// The fields of an order, as the event calls them, in which another event of the same id differs.
pub(crate) fn of_orders(one: &orders::Content, other: &orders::Content) -> Vec<String> {
    let orders::Content { user_id, currency, items } = one;
    let mut names = differing(&[("userId", *user_id == other.user_id), ("currency", *currency == other.currency)]);
    names.extend(different_item(items, &other.items));
    names
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

/// The same of a payment.
pub(crate) fn of_payments(one: &payments::Content, other: &payments::Content) -> Vec<String> {
    let payments::Content { order_id, amount, currency, status } = one;
    differing(&[
        ("orderId", *order_id == other.order_id),
        ("amount", *amount == other.amount),
        ("currency", *currency == other.currency),
        ("status", *status == other.status),
    ])
}

/// The same of an adjustment of stock.
pub(crate) fn of_adjustments(one: &inventory::Content, other: &inventory::Content) -> Vec<String> {
    let inventory::Content { sku, delta, reason } = one;
    differing(&[("sku", *sku == other.sku), ("delta", *delta == other.delta), ("reason", *reason == other.reason)])
}

#[cfg(test)]
mod tests {
    use super::*;

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
