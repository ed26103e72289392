//! What stood behind an event that has expired.

use crate::shop::{World, record};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn an_event_behind_an_expired_one_may_make_the_row_that_another_behind_it_needs() {
    let world = World::with(&[("PARKED_RETRY_MAX_SECONDS", "86400")]).await;
    let batch = [
        record(0, "a", "moved o1"),
        record(1, "a", "opened o2"),
        record(2, "a", "opened o3 needs o2"),
        record(3, "a", "moved o3"),
    ];
    world.deliver(0, &batch).await;
    for minute in 0..4 {
        world.tick(DAY + minute * 60).await;
    }
    assert_eq!((world.log().await, world.letters().await), (vec![1, 2, 3], vec![0]));
}

#[tokio::test]
async fn a_second_creator_does_not_pass_those_that_waited_for_the_first_in_the_group_of_both() {
    let world = World::new().await;
    world
        .deliver(
            0,
            &[
                record(0, "a", "opened o1"),
                record(1, "a", "opened o2 needs o1"),
                record(2, "a", "moved o9"),
                record(3, "a", "opened o1 once more"),
            ],
        )
        .await;
    assert_eq!((world.log().await, world.parked().await), (vec![0, 1], vec![2, 3]));
}
