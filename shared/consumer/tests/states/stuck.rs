//! What must not be lost, or stop anything, when it goes wrong once more.

use testkit::sqlx;

use crate::shop::{World, event, record};

#[tokio::test]
async fn a_letter_whose_event_can_only_be_read_later_is_not_lost_when_it_fails_once_more() {
    let world = World::new().await;
    // As a release before left it, which could not read so much as its id.
    sqlx::query(
        "insert into dead_letters (consumer, topic, partition, record_offset, key, value, headers, error_class, error, attempts)
         values ('shop', 'shop', 0, 0, 'a', $1, '[]', 'not-cloudevent', 'not read', 1)",
    )
    .bind(event(0, "noted bad").to_string().into_bytes())
    .execute(&world.database.pool)
    .await
    .unwrap();
    world.redrive().await;
    world.tick(1).await;
    assert_eq!((world.log().await, world.letters().await), (vec![], vec![0]), "its second error");
    world.repair().await;
    world.redrive().await;
    world.tick(2).await;
    assert_eq!((world.log().await, world.letters().await, world.blocked().await), (vec![0], vec![], 0));
}

#[tokio::test]
async fn a_key_that_cannot_be_released_for_a_reason_of_ours_stops_neither_the_batch_nor_other_keys() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "moved o1"), record(1, "b", "moved o2")]).await;
    world
        .as_owner(
            "create function fail() returns trigger language plpgsql as $$ begin raise exception 'ours'; end $$;
             create trigger fail before insert on shop_log for each row when (new.number = 0) execute function fail()",
        )
        .await;
    // Both wait for what this batch makes, and are tried together.
    world.deliver(1, &[record(2, "c", "opened o1"), record(3, "d", "opened o2")]).await;
    assert_eq!((world.log().await, world.parked().await), (vec![2, 3], vec![0, 1]));
    world.tick(100).await;
    assert_eq!((world.log().await, world.parked().await), (vec![2, 3, 1], vec![0]));
    world.deliver(101, &[record(4, "a", "noted"), record(5, "b", "noted")]).await;
    assert_eq!((world.log().await, world.parked().await), (vec![2, 3, 1, 5], vec![0, 4]));
    world.as_owner("drop trigger fail on shop_log").await;
    world.tick(300).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![2, 3, 1, 5, 0, 4], 0));
}

#[tokio::test]
async fn letters_redriven_far_behind_in_a_queue_that_waits_keep_the_tick_from_nothing() {
    let world = World::new().await;
    let batch: Vec<_> = (1..=1200).map(|offset| record(offset, "a", "noted bad")).collect();
    let engine = world.engine_with(&[("BREAKER_MAX_COUNT", "2000")]);
    crate::shop::process(&engine, &crate::shop::Shop::default(), 0, &batch).await.unwrap();
    // What is first of the key waits, and all its letters are sent on.
    world.deliver(1, &[record(0, "a", "moved o1")]).await;
    world.repair().await;
    assert_eq!(world.redrive().await, 1200);
    world.tick(10).await;
    assert_eq!((world.log().await.len(), world.parked().await.len()), (0, 1201));
    world.deliver(20, &[record(5000, "b", "opened o1")]).await;
    world.tick(30).await;
    assert_eq!((world.log().await.len(), world.blocked().await), (1202, 0));
}
