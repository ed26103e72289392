//! What the database itself refuses of orders, payments and stock, whoever writes.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{Fault, orders, payments};

use crate::shop::{database, order, payment};
use crate::sqlstate;

/// The name of the constraint that a statement of the owner violates.
pub(crate) async fn violated(owner: &mut PgConnection, statement: &str) -> String {
    let refused = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(owner).await.expect_err(statement);
    let error = refused.as_database_error().unwrap_or_else(|| panic!("{statement}: {refused}"));
    error.constraint().unwrap_or_else(|| panic!("{statement}: {refused}")).to_owned()
}

#[tokio::test]
async fn a_total_that_is_not_the_sum_of_the_items_is_refused_whichever_of_them_is_written() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    orders::insert(connection, &[&order("o-1", &[(2, 10), (1, 5)]), &order("o-2", &[(1, 5)])]).await.unwrap();
    let mut wrong = order("o-3", &[(2, 10)]);
    wrong.total = 21;
    let mut empty = order("o-4", &[]);
    empty.total = 0;
    for order in [wrong, empty] {
        let refused = orders::insert(connection, &[&order]).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "23514");
        assert!(matches!(Fault::of(&refused), Fault::Data { foreign_key: None, .. }), "{refused}");
    }
    let owner = &mut PgConnection::connect(&database.owner_url()).await.unwrap();
    for statement in [
        "update orders set total = 26 where order_id = 'o-1'",
        "update order_items set quantity = 3 where order_id = 'o-1' and line = 1",
        "update order_items set unit_price = 6 where order_id = 'o-1' and line = 2",
        "update order_items set order_id = 'o-2', line = 2 where order_id = 'o-1' and line = 2",
        "insert into order_items values ('o-1', 3, 'sku', 1, 1)",
        "delete from order_items where order_id = 'o-1' and line = 2",
        "delete from order_items where order_id = 'o-1'",
    ] {
        assert_eq!(violated(owner, statement).await, "orders_items_total_check", "{statement}");
    }
    // An article may be renamed, and an order goes with its items.
    for statement in ["update order_items set sku = 'other'", "delete from orders where order_id = 'o-1'"] {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *owner).await.unwrap();
    }
    let left: i64 = sqlx::query_scalar("select count(*) from order_items").fetch_one(owner).await.unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn what_no_event_can_say_no_row_can() {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    orders::insert(connection, &[&order("o-1", &[(2, 10)])]).await.unwrap();
    payments::insert(connection, &[&payment("p-1", "o-1", 5, "settled")]).await.unwrap();
    let owner = &mut PgConnection::connect(&database.owner_url()).await.unwrap();
    for (statement, constraint) in [
        ("update order_items set quantity = 0", "order_items_quantity_check"),
        ("update order_items set unit_price = -1", "order_items_unit_price_check"),
        ("update order_items set line = 0", "order_items_line_check"),
        ("update orders set currency = 'eur'", "orders_currency_check"),
        ("update orders set total = -1", "orders_total_check"),
        ("update orders set settled = -1", "orders_settled_check"),
        ("update orders set refunded = -1", "orders_refunded_check"),
        ("update orders set user_id = 'u-9'", "orders_users_fkey"),
        ("update payments set amount = 0", "payments_amount_check"),
        ("update payments set status = 'paid'", "payments_status_check"),
        ("update payments set order_id = 'o-9'", "payments_orders_fkey"),
        ("delete from orders", "payments_orders_fkey"),
        ("insert into inventory values ('mug', 0, 0)", "inventory_adjustments_check"),
        (
            "insert into inventory_adjustments values ('a', 'mug', 1, 'why', '/shop', '1', now(), now())",
            "inventory_adjustments_inventory_fkey",
        ),
    ] {
        assert_eq!(violated(owner, statement).await, constraint, "{statement}");
    }
}
