//! What comes before the row that it needs.

use consumer::Outcomes;
use events::Event;
use events::PaymentStatus::{Refunded, Settled};
use store::dead_letters::{self, Filter};
use testkit::{TestDatabase, inventory_adjusted, order_placed, payment_settled, sqlx};

use crate::world::{NOW, World, assert_same, start, tick};

fn order() -> Event {
    order_placed("o-1", "u-1", &[("mug", 2, 500)])
}

fn payments() -> [Event; 2] {
    [payment_settled("p-1", "o-1", 1100, Settled), payment_settled("p-2", "o-1", 100, Refunded)]
}

const PARKED: Outcomes = Outcomes { applied: 0, stale: 0, duplicates: 0, parked: 1, dead_lettered: 0, skipped: 0 };

#[tokio::test]
async fn an_order_of_a_user_who_is_not_there_waits_for_them_and_no_other_order_for_it() {
    let world = World::new().await;
    let early = order_placed("o-9", "u-9", &[("mug", 1, 5)]);
    assert_eq!(world.tell(0, &[early, order()]).await, Outcomes { applied: 1, ..PARKED });
    assert_eq!(world.tick(2).await.applied, 0);
    world.user("u-9").await;
    assert_eq!(world.tick(4).await, Outcomes { applied: 1, ..Outcomes::default() });
    assert_eq!(world.orders().await, ["o-1 1000 +0 -0 unpaid", "o-9 5 +0 -0 unpaid"]);
    assert!(world.letters().await.is_empty());
}

#[tokio::test]
async fn payments_of_an_order_that_is_not_there_follow_it() {
    let world = World::new().await;
    assert_eq!(world.tell(0, &payments()).await, Outcomes { parked: 2, ..PARKED });
    assert!(world.orders().await.is_empty());
    assert_eq!(world.tell(2, &[order()]).await, Outcomes { applied: 3, ..Outcomes::default() });
    assert_eq!(world.orders().await, ["o-1 1000 +1100 -100 paid"]);
    let (ordered, all) = (World::new().await, payments());
    ordered.tell(2, &[order()]).await;
    ordered.tell(0, &all).await;
    assert_eq!(ordered.orders().await, world.orders().await);
}

/// In one batch and one by one, with the user before all of it or after.
#[tokio::test]
async fn payments_before_their_order_before_its_user_end_as_in_order() {
    let [payment, refund] = payments();
    let (mug, order) = (inventory_adjusted("a-1", "mug", -2), order());
    let told = [payment, mug, refund, order];
    let expected = World::new().await;
    let mut ordered = told.clone();
    ordered.reverse();
    expected.tell(0, &ordered).await;
    assert_eq!(expected.orders().await, ["o-1 1000 +1100 -100 paid"]);

    let together = World::without_users(TestDatabase::new().await);
    assert_eq!(together.tell(0, &told).await, Outcomes { applied: 1, parked: 3, ..Outcomes::default() });
    together.user("u-1").await;
    assert_eq!(together.tick(2).await.applied, 3);
    assert_same(&together.shop().await, &expected.shop().await);

    let singly = World::without_users(TestDatabase::new().await);
    for (offset, event) in (0..).zip(&told) {
        singly.tell(offset, std::slice::from_ref(event)).await;
    }
    assert!(singly.orders().await.is_empty());
    singly.user("u-1").await;
    assert_eq!(singly.tick(2).await.applied, 3);
    assert_same(&singly.shop().await, &expected.shop().await);
    assert!(singly.texts("select event_id from parked_events").await.is_empty());
    assert!(singly.texts("select queue::text from blocked_keys").await.is_empty());
}

/// The key of the one is the SKU of the other: they share a queue, and neither is lost.
#[tokio::test]
async fn stock_under_the_key_of_an_order_that_waits_follows_it() {
    let world = World::new().await;
    let order = order_placed("same", "u-9", &[("same", 1, 5)]);
    world.tell(0, &[order, inventory_adjusted("a-1", "same", 3)]).await;
    assert!(world.stock().await.is_empty());
    world.user("u-9").await;
    assert_eq!(world.tick(2).await, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(world.stock().await, ["same 3"]);
}

#[tokio::test]
async fn an_order_of_a_person_who_was_erased_is_kept_for_the_money_in_it() {
    let world = World::new().await;
    sqlx::query(
        "update users set user_type = null, email = null, email_key = null, registered_at = null, erased_at = now()
         where user_id = 'u-1'",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
    let [payment, _] = payments();
    assert_eq!(world.tell(0, &[order(), payment]).await, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(world.orders().await, ["o-1 1000 +1100 -0 overpaid"]);
}

#[tokio::test]
async fn a_payment_whose_order_never_comes_is_a_dead_letter_and_is_applied_when_it_is_sent_on_after_all() {
    let world = World::new().await;
    let impatient = start(&world.database, ("PARKED_KEEP_HOURS", "1"));
    let [payment, refund] = payments();
    world.tell(0, &[payment]).await;
    for minutes in 1..=62 {
        tick(&impatient, minutes).await;
    }
    assert_eq!(world.letters().await, ["0 missing-row: the order o-1 that it needs did not come within 1 hours"]);
    world.tell(1, &[order(), refund]).await;
    let mut transaction = world.database.pool.begin().await.unwrap();
    let letters = dead_letters::find_open(&mut transaction, &Filter::default()).await.unwrap();
    dead_letters::redrive(&mut transaction, &letters, NOW).await.unwrap();
    transaction.commit().await.unwrap();
    world.tick(65).await;
    assert_eq!(world.orders().await, ["o-1 1000 +1100 -100 paid"]);
}
