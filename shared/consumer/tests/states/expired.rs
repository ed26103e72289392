use crate::shop::{World, record};

const HOUR: u64 = 3600;
/// One look at a row a day is enough to say that it did not come in a day.
const SELDOM: &[(&str, &str)] = &[("PARKED_RETRY_MAX_SECONDS", "86400")];

#[tokio::test]
async fn what_misses_its_row_for_too_long_is_a_dead_letter_and_what_stood_behind_goes_on() {
    let world = World::with(SELDOM).await;
    let batch = [
        record(0, "a", "moved o1"),
        record(1, "a", "noted"),
        record(2, "a", "moved o2"),
        record(3, "a", "opened o3"),
        record(4, "b", "moved o9"),
    ];
    world.deliver(0, &batch).await;
    world.tick(23 * HOUR).await;
    assert_eq!((world.log().await, world.letters().await), (vec![], vec![]));
    world.tick(24 * HOUR + 60).await;
    assert_eq!((world.log().await, world.letters().await), (vec![1, 3], vec![0, 2, 4]));
    assert_eq!(world.texts("select distinct error_class from dead_letters").await, ["missing-row"]);
    assert_eq!((world.parked().await, world.blocked().await), (vec![], 0));
}

#[tokio::test]
async fn one_that_has_not_waited_long_behind_one_that_has_keeps_waiting() {
    let world = World::with(SELDOM).await;
    world.deliver(0, &[record(0, "a", "moved o1")]).await;
    world.deliver(12 * HOUR, &[record(1, "a", "noted"), record(2, "a", "moved o2"), record(3, "a", "noted")]).await;
    world.tick(24 * HOUR + 60).await;
    assert_eq!((world.log().await, world.letters().await, world.parked().await), (vec![1], vec![0], vec![2, 3]));
    world.tick(36 * HOUR + 60).await;
    assert_eq!((world.log().await, world.letters().await, world.blocked().await), (vec![1, 3], vec![0, 2], 0));
}

#[tokio::test]
async fn a_batch_past_the_time_counts_what_expires_once_and_no_breaker_holds_it_up() {
    let world = World::with(SELDOM).await;
    let waiting: Vec<_> = (0..150).map(|offset| record(offset, &format!("k{offset}"), "moved o1")).collect();
    world.deliver(0, &waiting).await;
    let outcomes = world.deliver(25 * HOUR, &[record(150, "a", "noted")]).await;
    assert_eq!((outcomes.applied, outcomes.dead_lettered), (1, 150));
    assert_eq!(world.blocked().await, 0);
}

#[tokio::test]
async fn a_time_in_which_nothing_was_consumed_does_not_count() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "moved o1"), record(1, "a", "noted")]).await;
    // What was published meanwhile lies in the topic, the missing row too.
    world.tick(30 * HOUR).await;
    assert_eq!((world.log().await, world.letters().await, world.parked().await), (vec![], vec![], vec![0, 1]));
    world.deliver(30 * HOUR + 1, &[record(2, "b", "opened o1")]).await;
    assert_eq!((world.log().await, world.letters().await, world.blocked().await), (vec![2, 0, 1], vec![], 0));
}

#[tokio::test]
async fn an_event_expires_when_its_row_was_looked_for_often_enough() {
    let world = World::with(&[("PARKED_KEEP_HOURS", "1"), ("PARKED_RETRY_MAX_SECONDS", "600")]).await;
    world.deliver(0, &[record(0, "a", "moved o1")]).await;
    // Three looks of six.
    for look in [HOUR + 1, HOUR + 10, HOUR + 20] {
        world.tick(look).await;
        assert_eq!(world.parked().await, [0]);
    }
    world.tick(HOUR + 60).await;
    assert_eq!((world.letters().await, world.blocked().await), (vec![0], 0));
}

#[tokio::test]
async fn events_behind_one_that_expires_need_not_be_looked_for_as_often_again() {
    let world = World::with(&[("PARKED_KEEP_HOURS", "1"), ("PARKED_RETRY_MAX_SECONDS", "600")]).await;
    let batch: Vec<_> = (0..10).map(|offset| record(offset, "a", "moved o1")).collect();
    world.deliver(0, &batch).await;
    for look in [HOUR + 1, HOUR + 10, HOUR + 20] {
        world.tick(look).await;
    }
    world.tick(HOUR + 60).await;
    assert_eq!((world.letters().await.len(), world.blocked().await), (10, 0));
}
