//! Another event that creates the same thread: the first to arrive wins, and one that says something else is a dead letter that says what.

use consumer::Outcomes;
use events::{Data, Event};
use testkit::{thread_created, thread_edited};
use time::Duration;

use crate::world::{NOW, World, assert_same, at};

const REFUSED: Outcomes = Outcomes { applied: 0, stale: 0, duplicates: 0, parked: 0, dead_lettered: 1, skipped: 0 };

fn first() -> Event {
    thread_created("t-1", "c-1", "Who?")
}

fn by_another() -> Event {
    let mut event = thread_created("t-1", "c-2", "What?");
    if let Data::ThreadCreated(created) = &mut event.data {
        created.author_id = "u-9".parse().unwrap();
    }
    event
}

fn others() -> [(Event, &'static str); 3] {
    [
        (thread_created("t-1", "c-2", "Who?"), "courseId"),
        (thread_created("t-1", "c-1", "Who"), "title"),
        (by_another(), "courseId, title, authorId"),
    ]
}

#[tokio::test]
async fn another_event_with_the_same_content_is_a_duplicate_whenever_it_comes() {
    let world = World::new().await;
    let later = at(NOW + Duration::MINUTE, first());
    assert_eq!(world.tell(0, &[first()]).await.applied, 1);
    let sums = (world.threads().await, world.days().await, world.activity().await);
    assert_eq!(world.tell(1, &[later]).await, Outcomes { duplicates: 1, ..Outcomes::default() });
    assert_eq!((world.threads().await, world.days().await, world.activity().await), sums);
    assert_eq!(world.texts("select event_type from thread_activity").await, ["thread.created"]);

    let together = World::new().await;
    let both = [first(), first()];
    assert_eq!(together.tell(0, &both).await, Outcomes { applied: 1, duplicates: 1, ..Outcomes::default() });
    assert_eq!(together.days().await, ["c-1 2026-11-21 t1 v0 c0 +0 -0"]);
    testkit::aggregates_equal_facts(&together.database.pool).await;
}

/// What it was called first is compared, and not what it is called now.
#[tokio::test]
async fn a_thread_that_was_edited_is_still_known_by_its_first_title() {
    let world = World::new().await;
    world.tell(0, &[first(), thread_edited("t-1", 2, "Whose?"), thread_edited("t-1", 3, "Whom?")]).await;
    assert_eq!(world.tell(3, &[first()]).await, Outcomes { duplicates: 1, ..Outcomes::default() });
    assert_eq!(world.tell(4, &[thread_created("t-1", "c-1", "Whom?")]).await, REFUSED);
    assert_eq!(world.threads().await, ["t-1 c-1 Whom? v0 c0 +0 -0 =0"]);
}

#[tokio::test]
async fn one_with_other_content_is_a_dead_letter_that_names_the_fields() {
    let world = World::new().await;
    world.tell(0, &[first()]).await;
    let before = world.threads().await;
    for (offset, (other, fields)) in (1..).zip(others()) {
        assert_eq!(world.tell(offset, &[other]).await, REFUSED, "{fields}");
        let reason = format!("the thread t-1 is there already, with another value of: {fields}");
        assert_eq!(*world.letters().await.last().unwrap(), format!("{offset} other-content: {reason}"));
    }
    assert_eq!(world.threads().await, before);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

#[tokio::test]
async fn of_two_contents_in_one_batch_the_first_wins() {
    for (other, fields) in others() {
        let (world, alone) = (World::new().await, World::new().await);
        let first = first();
        assert_eq!(world.tell(0, &[first.clone(), other]).await, Outcomes { applied: 1, ..REFUSED }, "{fields}");
        alone.tell(0, &[first]).await;
        let (mut state, expected) = (world.state().await, alone.state().await);
        assert_eq!(state.insert("dead_letters", Vec::new()).unwrap().len(), 1);
        state.get_mut("inbox").unwrap().retain(|row| !row.contains("dead_lettered"));
        assert_same(&state, &expected);
    }
}
