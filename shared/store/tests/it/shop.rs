//! Orders, payments and stock: what is written once, however often it is told, and how it is read.

use std::collections::HashSet;

use sqlx::PgConnection;
use store::inventory::{self, Adjustment};
use store::orders::{self, Item, Order};
use store::payments::{self, Payment};
use store::shop::{self, OrderFilter};
use store::{directory, stock};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;

/// A database with the users `u-1` and `u-2`.
pub(crate) async fn database() -> TestDatabase {
    let database = TestDatabase::new().await;
    sqlx::query(
        "insert into users (user_id, user_type, email, email_key, registered_at)
         select user_id, 'student', user_id || '@x', user_id || '@x', now() from unnest('{u-1, u-2}'::text[]) as user_id",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    database
}

/// An order of `u-1` in euros, with these quantities and prices.
pub(crate) fn order(order_id: &str, lines: &[(i64, i64)]) -> Order {
    let item = |(place, (quantity, unit_price)): (usize, &(i64, i64))| Item {
        sku: format!("sku-{place}"),
        quantity: *quantity,
        unit_price: *unit_price,
    };
    Order {
        order_id: order_id.to_owned(),
        content: orders::Content {
            user_id: "u-1".to_owned(),
            currency: "EUR".to_owned(),
            items: lines.iter().enumerate().map(item).collect(),
        },
        total: lines.iter().map(|(quantity, price)| quantity * price).sum(),
        event_source: "/shop".to_owned(),
        event_id: format!("placed {order_id}"),
        placed_at: NOON,
    }
}

pub(crate) fn payment(payment_id: &str, order_id: &str, amount: i64, status: &str) -> Payment {
    Payment {
        payment_id: payment_id.to_owned(),
        content: payments::Content {
            order_id: order_id.to_owned(),
            amount,
            currency: "EUR".to_owned(),
            status: status.to_owned(),
        },
        event_source: "/shop".to_owned(),
        event_id: format!("settled {payment_id}"),
        settled_at: NOON,
    }
}

fn adjustment(adjustment_id: &str, sku: &str, delta: i64) -> Adjustment {
    Adjustment {
        adjustment_id: adjustment_id.to_owned(),
        content: inventory::Content { sku: sku.to_owned(), delta, reason: "recount".to_owned() },
        event_source: "/shop".to_owned(),
        event_id: format!("adjusted {adjustment_id}"),
        adjusted_at: NOON,
    }
}

fn ids(ids: &[&str]) -> HashSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Settled, refunded and status.
async fn paid(connection: &mut PgConnection, order_id: &str) -> (i128, i128, String) {
    let order = shop::order(connection, order_id, 1).await.unwrap().unwrap().summary;
    (order.settled, order.refunded, order.payment_status)
}

#[tokio::test]
async fn an_order_is_inserted_once_with_its_items_and_stays_as_it_was_first_told() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let (first, second) = (order("o-1", &[(2, 1250), (1, 0)]), order("o-2", &[(1, i64::MAX)]));
    assert_eq!(orders::insert(connection, &[&second, &first]).await.unwrap(), ids(&["o-1", "o-2"]));
    let other = order("o-1", &[(1, 1)]);
    assert_eq!(orders::insert(connection, &[&other, &order("o-3", &[(1, 1)])]).await.unwrap(), ids(&["o-3"]));
    let there = orders::load(connection, &["o-1", "o-2", "o-9"]).await.unwrap();
    assert_eq!((there.len(), &there["o-1"], &there["o-2"]), (2, &first.content, &second.content));
    let existing = orders::existing(connection, &["o-1".to_owned(), "o-9".to_owned()]).await.unwrap();
    assert_eq!(existing, ["o-1"]);
    let locked = orders::lock(connection, &["o-2", "o-9"]).await.unwrap();
    assert_eq!(locked.into_iter().collect::<Vec<_>>(), [("o-2".to_owned(), "EUR".to_owned())]);
    let shown = shop::order(connection, "o-1", 10).await.unwrap().unwrap();
    assert_eq!((shown.summary.total, &shown.items, shown.payments), (2500, &first.content.items, vec![]));
    assert_eq!(shop::order(connection, "o-9", 10).await.unwrap(), None);
}

#[tokio::test]
async fn sums_grow_by_payments_that_are_new_and_by_nothing_else() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    orders::insert(connection, &[&order("o-1", &[(1, 1000)]), &order("o-2", &[(1, 5)])]).await.unwrap();
    assert_eq!(paid(connection, "o-1").await, (0, 0, "unpaid".to_owned()));
    let (one, two) = (payment("p-1", "o-1", 600, "settled"), payment("p-2", "o-1", 399, "settled"));
    let failed = payment("p-3", "o-1", 1000, "failed");
    let new = payments::insert(connection, &[&two, &failed, &one]).await.unwrap();
    assert_eq!(new, ids(&["p-1", "p-2", "p-3"]));
    assert_eq!(paid(connection, "o-1").await, (999, 0, "partially_paid".to_owned()));
    let again = payments::insert(connection, &[&one, &failed, &payment("p-4", "o-1", 1, "settled")]).await.unwrap();
    assert_eq!(again, ids(&["p-4"]));
    assert_eq!(paid(connection, "o-1").await, (1000, 0, "paid".to_owned()));
    assert_eq!(paid(connection, "o-2").await, (0, 0, "unpaid".to_owned()));
    let there = payments::load(connection, &["p-1", "p-9"]).await.unwrap();
    assert_eq!((there.len(), &there["p-1"]), (1, &one.content));
}

#[tokio::test]
async fn the_payment_status_follows_from_the_sums_whatever_they_are() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let largest = i64::MAX;
    for (place, (total, settled, refunded, expected)) in [
        (10, &[][..], &[][..], "unpaid"),
        (0, &[], &[], "paid"),
        (10, &[4, 5], &[], "partially_paid"),
        (10, &[4, 6], &[], "paid"),
        (10, &[4, 7], &[], "overpaid"),
        (0, &[1], &[], "overpaid"),
        (10, &[12], &[2], "paid"),
        (10, &[10], &[3], "partially_paid"),
        (10, &[10], &[10], "refunded"),
        (0, &[10], &[10], "paid"),
        (10, &[10], &[11], "over_refunded"),
        (10, &[], &[1], "over_refunded"),
        // More than 64 bits hold.
        (largest, &[largest, largest, largest], &[], "overpaid"),
        (largest, &[largest, largest], &[largest], "paid"),
        (largest, &[], &[largest, largest], "over_refunded"),
    ]
    .into_iter()
    .enumerate()
    {
        let order_id = format!("o-{place}");
        orders::insert(connection, &[&order(&order_id, &[(1, total)])]).await.unwrap();
        let kinds = [("settled", settled), ("refunded", refunded)];
        let all: Vec<Payment> = kinds
            .iter()
            .flat_map(|(status, amounts)| amounts.iter().enumerate().map(move |(nth, amount)| (status, nth, *amount)))
            .map(|(status, nth, amount)| payment(&format!("{order_id} {status} {nth}"), &order_id, amount, status))
            .collect();
        payments::insert(connection, &all.iter().collect::<Vec<_>>()).await.unwrap();
        let sum = |amounts: &[i64]| amounts.iter().map(|amount| i128::from(*amount)).sum::<i128>();
        assert_eq!(paid(connection, &order_id).await, (sum(settled), sum(refunded), expected.to_owned()), "{order_id}");
    }
}

#[tokio::test]
async fn stock_is_the_sum_of_the_ledger_and_may_be_below_zero() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let told = [adjustment("a-1", "mug", 5), adjustment("a-2", "mug", -7), adjustment("a-3", "card", -2_147_483_648)];
    let new = inventory::insert(connection, &told.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(new, ids(&["a-1", "a-2", "a-3"]));
    let again = [told[0].clone(), adjustment("a-4", "card", -2_147_483_648), adjustment("a-5", "pen", 0)];
    let new = inventory::insert(connection, &again.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(new, ids(&["a-4", "a-5"]));
    let all = stock::list(connection, false, None, 10).await.unwrap();
    let all: Vec<_> = all.iter().map(|stock| (stock.sku.as_str(), stock.quantity, stock.adjustments)).collect();
    assert_eq!(all, [("card", -4_294_967_296, 2), ("mug", -2, 2), ("pen", 0, 1)]);
    let oversold = stock::list(connection, true, Some("card"), 10).await.unwrap();
    assert_eq!(oversold.iter().map(|stock| stock.sku.as_str()).collect::<Vec<_>>(), ["mug"]);
    let (mug, ledger) = stock::show(connection, "mug", None, 1).await.unwrap().unwrap();
    assert_eq!((mug.quantity, ledger.len(), ledger[0].adjustment_id.as_str()), (-2, 1, "a-2"));
    let place = (ledger[0].adjusted_at, ledger[0].adjustment_id.clone());
    let (_, rest) = stock::show(connection, "mug", Some(&place), 5).await.unwrap().unwrap();
    assert_eq!(rest.iter().map(|told| told.adjustment_id.as_str()).collect::<Vec<_>>(), ["a-1"]);
    assert_eq!(stock::show(connection, "none", None, 5).await.unwrap(), None);
    let there = inventory::load(connection, &["a-3", "a-9"]).await.unwrap();
    assert_eq!((there.len(), &there["a-3"]), (1, &told[2].content));
}

#[tokio::test]
async fn lists_of_orders_and_payments_begin_with_the_latest_and_go_on_behind_a_place() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let orders: Vec<Order> = (0..8)
        .map(|n| {
            let mut order = order(&format!("o-{n}"), &[(1, 10)]);
            // Two at a time are placed at one moment.
            order.placed_at = NOON + Duration::minutes(i64::from(n / 2));
            order.content.user_id = format!("u-{}", 1 + n % 2);
            order
        })
        .collect();
    orders::insert(connection, &orders.iter().collect::<Vec<_>>()).await.unwrap();
    let paid: Vec<Payment> = ["o-1", "o-3", "o-4"]
        .iter()
        .map(|order_id| payment(&format!("p-{order_id}"), order_id, 10, "settled"))
        .collect();
    payments::insert(connection, &paid.iter().collect::<Vec<_>>()).await.unwrap();
    let filter = |user: Option<&str>, status: Option<&str>| OrderFilter {
        user_id: user.map(str::to_owned),
        payment_status: status.map(str::to_owned),
    };
    for (filter, expected) in [
        (filter(None, None), &["o-7", "o-6", "o-5", "o-4", "o-3", "o-2", "o-1", "o-0"][..]),
        (filter(Some("u-2"), None), &["o-7", "o-5", "o-3", "o-1"]),
        (filter(Some("u-2"), Some("paid")), &["o-3", "o-1"]),
        (filter(None, Some("paid")), &["o-4", "o-3", "o-1"]),
        (filter(None, Some("unpaid")), &["o-7", "o-6", "o-5", "o-2", "o-0"]),
        (filter(None, Some("overpaid")), &[]),
        (filter(Some("u-9"), None), &[]),
    ] {
        let (mut seen, mut place) = (Vec::new(), None);
        loop {
            let page = shop::orders(connection, &filter, place.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            place = Some((last.placed_at, last.order_id.clone()));
            seen.extend(page.into_iter().map(|order| order.order_id));
        }
        assert_eq!(seen, expected, "{filter:?}");
    }
    let (user, latest) = directory::user(connection, "u-2", 3).await.unwrap().unwrap();
    let latest: Vec<&str> = latest.iter().map(|order| order.order_id.as_str()).collect();
    assert_eq!((user.user_id.as_str(), latest), ("u-2", vec!["o-7", "o-5", "o-3"]));
    let (currency, payments) = shop::payments(connection, "o-1", None, 5).await.unwrap().unwrap();
    assert_eq!((currency.as_str(), payments[0].payment_id.as_str(), payments.len()), ("EUR", "p-o-1", 1));
    assert_eq!(shop::payments(connection, "o-0", None, 5).await.unwrap(), Some(("EUR".to_owned(), vec![])));
    assert_eq!(shop::payments(connection, "o-9", None, 5).await.unwrap(), None);
}
