//! Two environments at the same moment.

use events::Event;
use events::Vote::{None as NoVote, Up};
use testkit::{comment_added, thread_created, thread_viewed, vote_cast};

use crate::world::{NOW, World, assert_same, payload, records};

/// The partition has moved, and its old owner's invocation is still under way when the new one delivers the batch again.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_in_two_environments_at_the_same_moment_counts_once() {
    let (world, alone) = (World::new().await, World::new().await);
    let (one, other) = (world.consumer(), world.consumer());
    for round in 0..5 {
        let created = (0..20).map(|n| thread_created(&format!("t-{round}-{n}"), &format!("c-{}", n % 3), "Who?"));
        let viewed = (0..80).map(|n| thread_viewed(&format!("t-{round}-{}", n % 20)));
        let events: Vec<Event> = created.chain(viewed).collect();
        let batch = || payload(&records(round * 100, &events));
        let (here, there) = tokio::join!(one.handle(batch(), None, NOW), other.handle(batch(), None, NOW));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!((here.applied + there.applied, here.duplicates + there.duplicates), (100, 100));
        alone.tell(round * 100, &events).await;
    }
    assert_same(&world.state().await, &alone.state().await);
    assert_eq!(retries(&world).await, ["0"]);
}

/// Each has partitions of its own, with threads of its own, and the course is what they have in common.
#[tokio::test(flavor = "multi_thread")]
async fn two_environments_that_count_one_course_do_not_stop_each_other() {
    let world = World::new().await;
    let environments = [world.consumer(), world.consumer()];
    let batch = |environment: usize, round: i64| {
        let thread = format!("t-{environment}-{round}");
        let happenings = (0..50).flat_map(|n| {
            let comment = comment_added(&thread, &format!("k-{n}"));
            [thread_viewed(&thread), comment, vote_cast(&thread, None, NoVote, Up)]
        });
        // In opposite orders.
        let mut courses = ["c-1", "c-2"];
        if environment == 1 {
            courses.reverse();
        }
        let others = courses.map(|course| thread_created(&format!("{thread}-{course}"), course, "What?"));
        let created = [thread_created(&thread, "c-1", "Who?")];
        let events: Vec<Event> = created.into_iter().chain(others).chain(happenings).collect();
        let mut records = records(round * 1000, &events);
        for record in &mut records {
            record["partition"] = environment.into();
        }
        payload(&records)
    };
    for round in 0..10 {
        let [one, other] = [0, 1].map(|environment| batch(environment, round));
        let (here, there) =
            tokio::join!(environments[0].handle(one, None, NOW), environments[1].handle(other, None, NOW));
        assert_eq!((here.unwrap().applied, there.unwrap().applied), (153, 153));
    }
    let expected = ["c-1 2026-11-21 t40 v1000 c1000 +1000 -0", "c-2 2026-11-21 t20 v0 c0 +0 -0"];
    assert_eq!(world.days().await, expected);
    assert_eq!(retries(&world).await, ["0"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

/// Other events of the same threads, in opposite orders: what is locked is locked in one order.
#[tokio::test(flavor = "multi_thread")]
async fn two_environments_with_the_same_threads_do_not_wait_for_each_other_in_a_circle() {
    let world = World::new().await;
    let threads: Vec<String> = (0..50).map(|n| format!("t-{n:02}")).collect();
    let created: Vec<Event> = threads.iter().map(|thread| thread_created(thread, "c-1", "Who?")).collect();
    world.tell(0, &created).await;
    let (one, other) = (world.consumer(), world.consumer());
    for round in 1..=10 {
        let forwards: Vec<Event> = threads.iter().map(|thread| thread_viewed(thread)).collect();
        let backwards: Vec<Event> = threads.iter().rev().map(|thread| comment_added(thread, "k-1")).collect();
        let here = one.handle(payload(&records(round * 1000, &forwards)), None, NOW);
        let there = other.handle(payload(&records(round * 1000 + 500, &backwards)), None, NOW);
        let (here, there) = tokio::join!(here, there);
        assert_eq!((here.unwrap().applied, there.unwrap().applied), (50, 50));
    }
    assert_eq!(world.days().await, ["c-1 2026-11-21 t50 v500 c500 +0 -0"]);
    assert_eq!(retries(&world).await, ["0"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

/// How often a batch had to be tried again: two that wait for each other are one retry at least.
async fn retries(world: &World) -> Vec<String> {
    world.texts("select coalesce(sum(retries), 0)::text from consumer_batches").await
}
