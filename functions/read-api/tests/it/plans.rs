//! A page of orders must not cost more the more orders there are.

use store::shop::{OrderFilter, orders};
use testkit::read_rows;
use testkit::sqlx::{self, Connection as _, PgConnection};

use crate::world::World;

#[tokio::test]
async fn a_page_of_orders_is_read_in_the_order_of_an_index_whatever_is_asked_for() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "insert into users (user_id, user_type, email, email_key, registered_at)
         select 'u-' || n, 'student', n || '@example.com', n || '@example.com', now() from generate_series(0, 99) as n;
         with placed as (
             insert into orders (order_id, user_id, currency, total, event_source, event_id, placed_at, recorded_at)
             select 'o-' || n, 'u-' || n % 100, 'EUR', 100, '/shop', n::text, now() - n * interval '1 second', now()
             from generate_series(1, 20000) as n
             returning order_id
         )
         insert into order_items (order_id, line, sku, quantity, unit_price) select order_id, 1, 'mug', 1, 100 from placed;
         analyze orders",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut connection = PgConnection::connect(&world.database.url()).await.unwrap();
    let before = read_rows(&mut connection, "orders").await;
    let asked = [(None, None), (Some("u-7"), None), (Some("u-7"), Some("unpaid")), (None, Some("unpaid"))];
    // More often than PostgreSQL plans a statement for its values.
    for _ in 0..8 {
        for (user_id, payment_status) in asked {
            let filter =
                OrderFilter { user_id: user_id.map(str::to_owned), payment_status: payment_status.map(str::to_owned) };
            let page = orders(&mut connection, &filter, None, 20).await.unwrap();
            assert_eq!(page.len(), 20, "{filter:?}");
            let after = (page[19].placed_at, page[19].order_id.clone());
            assert_eq!(orders(&mut connection, &filter, Some(&after), 20).await.unwrap().len(), 20, "{filter:?}");
        }
        // Which no order is.
        let filter = OrderFilter { user_id: None, payment_status: Some("refunded".to_owned()) };
        assert!(orders(&mut connection, &filter, None, 20).await.unwrap().is_empty());
    }
    let read = read_rows(&mut connection, "orders").await - before;
    // 64 pages of 20, each row by its place in an index and by itself.
    assert!((1280..4000).contains(&read), "{read} rows were read");
}
