//! What comes before the thread that it needs.

use consumer::Outcomes;
use events::Event;
use events::Vote::{None as NoVote, Up};
use store::dead_letters::{self, Filter};
use testkit::{comment_added, thread_created, thread_deleted, thread_edited, thread_viewed, vote_cast};

use crate::family::story;
use crate::world::{NOW, World, assert_same, start, tick};

fn early() -> [Event; 4] {
    [
        comment_added("t-1", "k-1"),
        thread_edited("t-1", 3, "Who else?"),
        vote_cast("t-1", None, NoVote, Up),
        thread_deleted("t-1"),
    ]
}

#[tokio::test]
async fn what_comes_before_its_thread_follows_it_and_holds_up_no_other_thread() {
    let world = World::new().await;
    let other = [thread_created("t-2", "c-1", "Who moves?"), thread_viewed("t-2")];
    let told = [early().as_slice(), &other].concat();
    assert_eq!(world.tell(0, &told).await, Outcomes { applied: 2, parked: 4, ..Outcomes::default() });
    assert_eq!(world.threads().await, ["t-2 c-1 Who moves? v1 c0 +0 -0 =1"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
    let created = thread_created("t-1", "c-1", "Who?");
    assert_eq!(world.tell(10, &[created]).await, Outcomes { applied: 5, ..Outcomes::default() });
    let threads = ["t-1 c-1 Who else? v0 c1 +1 -0 =8 deleted", "t-2 c-1 Who moves? v1 c0 +0 -0 =1"];
    assert_eq!(world.threads().await, threads);
    assert_eq!(world.days().await, ["c-1 2026-11-21 t1 v1 c1 +1 -0"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
    assert!(world.texts("select event_id from parked_events").await.is_empty());
    assert!(world.texts("select queue::text from blocked_keys").await.is_empty());
}

/// In one batch and one by one.
#[tokio::test]
async fn a_story_told_backwards_ends_as_in_its_order() {
    let (expected, mut told) = (World::new().await, story());
    expected.tell(0, &told).await;
    told.reverse();
    let (together, singly) = (World::new().await, World::new().await);
    together.tell(0, &told).await;
    for (offset, event) in (0..).zip(&told) {
        singly.tell(offset, std::slice::from_ref(event)).await;
    }
    for world in [together, singly] {
        assert_same(&world.state().await, &expected.state().await);
        testkit::aggregates_equal_facts(&world.database.pool).await;
    }
}

#[tokio::test]
async fn what_waits_for_a_thread_that_never_comes_is_a_dead_letter_and_counts_when_it_is_sent_on_after_all() {
    let world = World::new().await;
    let impatient = start(&world.database, ("PARKED_KEEP_HOURS", "1"));
    world.tell(0, &[comment_added("t-1", "k-1")]).await;
    for minutes in 1..=62 {
        tick(&impatient, minutes).await;
    }
    assert_eq!(world.letters().await, ["0 missing-row: the thread t-1 that it needs did not come within 1 hours"]);
    world.tell(1, &[thread_created("t-1", "c-1", "Who?"), comment_added("t-1", "k-2")]).await;
    let mut transaction = world.database.pool.begin().await.unwrap();
    let letters = dead_letters::find_open(&mut transaction, &Filter::default()).await.unwrap();
    dead_letters::redrive(&mut transaction, &letters, NOW).await.unwrap();
    transaction.commit().await.unwrap();
    world.tick(65).await;
    assert_eq!(world.threads().await, ["t-1 c-1 Who? v0 c2 +0 -0 =10"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}
