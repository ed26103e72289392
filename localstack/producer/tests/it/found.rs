//! What is wrong with the database is found, whatever it is.

use producer::verify::Verdict;
use producer::{Shares, Shop, What};
use testkit::sqlx::{self, Connection as _};

use crate::world::World;

/// A shop whose events are in the database once, as the consumers bring them there.
async fn settled() -> World {
    let world = World::new().await;
    let services = world.serve().await;
    world.load(&world.way(), 3, 300, Shares { rubbish: 0.05, ..Shares::default() }).await;
    let verdict = world.settled().await;
    assert!(verdict.is_clean(), "{verdict:#?}");
    services.stop().await;
    world
}

/// What somebody can do who owns the tables, past what refuses it.
async fn tamper(world: &World, statement: &'static str) {
    let mut owner = sqlx::PgConnection::connect(&world.database.owner_url()).await.unwrap();
    let done = sqlx::raw_sql(statement).execute(&mut owner).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement} changed nothing");
}

/// Spoils it, and looks for what must be said of that.
async fn spoilt(world: &World, statement: &'static str, named: fn(&Verdict) -> &[String], words: &str) {
    tamper(world, statement).await;
    let verdict = world.verify().await;
    assert!(!verdict.is_clean(), "{statement} is not found");
    assert!(named(&verdict).iter().any(|line| line.contains(words)), "{statement}: {verdict:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_row_is_found_whichever_it_is() {
    let world = settled().await;
    let lost: fn(&Verdict) -> &[String] = |verdict| &verdict.lost;
    spoilt(
        &world,
        "delete from payments where payment_id = (select min(payment_id) from payments)",
        lost,
        "payment t-p-",
    )
    .await;
    spoilt(
        &world,
        "delete from orders where order_id = (select min(order_id) from orders where not exists (select from payments where payments.order_id = orders.order_id))",
        lost,
        "order t-o-",
    )
    .await;
    spoilt(
        &world,
        "delete from inventory_adjustments where adjustment_id = (select min(adjustment_id) from inventory_adjustments)",
        lost,
        "adjustment t-a-",
    )
    .await;
    spoilt(
        &world,
        "alter table orders drop constraint orders_users_fkey; delete from users where user_id = 't-u-1'",
        lost,
        "user t-u-1 was applied, and its row is gone",
    )
    .await;
    spoilt(&world, "delete from dead_letters", |verdict| &verdict.missing, "the dead letter of the rubbish").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubled_row_and_one_that_is_counted_twice_are_found() {
    let world = settled().await;
    let doubled: fn(&Verdict) -> &[String] = |verdict| &verdict.doubled;
    spoilt(
        &world,
        "insert into payments select payment_id || '-again', order_id, amount, status, event_source, event_id, settled_at, recorded_at
         from payments order by payment_id limit 1",
        doubled,
        "is a second row of one event",
    )
    .await;
    spoilt(&world, "update orders set settled = settled * 2 where settled > 0", doubled, "and its payments come to")
        .await;
    spoilt(
        &world,
        "update inventory set quantity = quantity + 1, adjustments = adjustments + 1 where sku = (select min(sku) from inventory)",
        doubled,
        "the stock of t-sku-",
    )
    .await;
    spoilt(
        &world,
        "with placed as (
             insert into orders (order_id, user_id, currency, total, event_source, event_id, placed_at, recorded_at)
             select 't-o-none', user_id, 'EUR', 0, '/producer', 'none', placed_at, recorded_at from orders limit 1
             returning order_id
         ) insert into order_items select order_id, 1, 'x', 1, 0 from placed",
        doubled,
        "order t-o-none was never sent",
    )
    .await;
}

/// It has no id of the shop, and belongs to what has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_nobody_sent_is_found_whatever_its_id_is() {
    let world = settled().await;
    let doubled: fn(&Verdict) -> &[String] = |verdict| &verdict.doubled;
    spoilt(
        &world,
        "insert into payments select 'x-1', order_id, amount, 'failed', event_source, 'none', settled_at, recorded_at
         from payments order by payment_id limit 1",
        doubled,
        "payment x-1 was never sent",
    )
    .await;
    spoilt(
        &world,
        "insert into inventory_adjustments select 'x-1', sku, delta, reason, event_source, event_id, adjusted_at, recorded_at
         from inventory_adjustments order by adjustment_id limit 1",
        doubled,
        "adjustment x-1 is a second row of one event",
    )
    .await;
    spoilt(
        &world,
        "with placed as (
             insert into orders (order_id, user_id, currency, total, event_source, event_id, placed_at, recorded_at)
             select 'x-1', user_id, 'EUR', 0, '/producer', 'none', placed_at, recorded_at from orders limit 1
             returning order_id
         ) insert into order_items select order_id, 1, 'x', 1, 0 from placed",
        doubled,
        "order x-1 was never sent",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_dead_letter_and_one_of_a_sound_event_are_found() {
    let world = settled().await;
    spoilt(
        &world,
        "insert into dead_letters (consumer, topic, partition, record_offset, value, headers, event_source, event_id, error_class, error, attempts)
         select consumer, topic, partition, record_offset + 1000000, value, headers, event_source, event_id, error_class, error, attempts
         from dead_letters order by dead_letter_id limit 1",
        |verdict| &verdict.doubled,
        "is 2 dead letters",
    )
    .await;
    spoilt(
        &world,
        "insert into dead_letters (consumer, topic, partition, record_offset, headers, event_source, event_id, error_class, error, attempts)
         select consumer, topic, partition, record_offset, '[]'::bytea, event_source, event_id, 'class', 'why', 1
         from inbox where consumer = 'order-consumer' and state = 'applied' limit 1",
        |verdict| &verdict.unequal,
        "is there, and a dead letter as well: class: why",
    )
    .await;
}

/// Nothing else tells an update that was lost from one that a later update has overtaken.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_no_consumer_has_seen_is_found() {
    let world = settled().await;
    let missing: fn(&Verdict) -> &[String] = |verdict| &verdict.missing;
    spoilt(&world, "delete from inbox where consumer = 'event-fanout'", missing, "update 0000000001 of user t-u-")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_is_found() {
    let world = settled().await;
    let unequal: fn(&Verdict) -> &[String] = |verdict| &verdict.unequal;
    spoilt(&world, "update payments set amount = amount + 1 where status = 'failed'", unequal, "another amount").await;
    spoilt(&world, "update users set display_name = 'Eve' where user_id = 't-u-1'", unequal, "another display_name")
        .await;
    spoilt(
        &world,
        "update inventory_adjustments set reason = 'because' where adjustment_id = 't-a-1'",
        unequal,
        "adjustment t-a-1 has another reason",
    )
    .await;
    spoilt(
        &world,
        "update order_items set sku = 'x' where order_id = 't-o-1' and line = 1",
        unequal,
        "order t-o-1 has other items",
    )
    .await;
    spoilt(
        &world,
        "update inventory set quantity = quantity - 1 where sku = (select min(sku) from inventory)",
        unequal,
        "the stock of",
    )
    .await;
}

/// Or the cases above would show nothing.
#[test]
fn a_shop_of_these_tests_has_failed_payments_and_rubbish() {
    let events = Shop::open(3, "t", crate::world::OPENED).flatten().take(300);
    let mixed: Vec<_> = producer::Mixture::new(events, Shares { rubbish: 0.05, ..Shares::default() }, 3).collect();
    assert!(mixed.iter().any(|parcel| matches!(parcel.what, What::Rubbish(_))));
    assert!(mixed.iter().any(|parcel| String::from_utf8_lossy(&parcel.value).contains(r#""status":"failed""#)));
}
