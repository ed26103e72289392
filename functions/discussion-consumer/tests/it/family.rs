//! What every consumer must stand.

use consumer::Outcomes;
use events::Event;
use events::Vote::{Down, None as NoVote, Up};
use serde_json::{Value, json};
use testkit::{
    comment_added, comment_deleted, comment_edited, thread_created, thread_deleted, thread_edited, thread_viewed,
    vote_cast,
};

use crate::world::{NOW, TOPIC, World, assert_same, payload, records};

/// Two threads of one course, in one of which much happens, and one of another course that does not last.
pub fn story() -> Vec<Event> {
    vec![
        thread_created("t-1", "c-1", "Who borrows?"),
        thread_viewed("t-1"),
        thread_viewed("t-1"),
        comment_added("t-1", "k-1"),
        vote_cast("t-1", None, NoVote, Up),
        thread_created("t-2", "c-1", "Who moves?"),
        vote_cast("t-1", Some("k-1"), NoVote, Down),
        thread_edited("t-1", 6, "Who borrows what?"),
        comment_edited("t-1", "k-1"),
        thread_created("t-3", "c-2", "Who drops?"),
        comment_added("t-2", "k-2"),
        comment_added("t-2", "k-3"),
        vote_cast("t-2", None, NoVote, Down),
        comment_deleted("t-2", "k-2"),
        thread_viewed("t-3"),
        thread_deleted("t-3"),
    ]
}

const TOLD: Outcomes = Outcomes { applied: 16, stale: 0, duplicates: 0, parked: 0, dead_lettered: 0, skipped: 0 };

fn garbage(offset: i64) -> Value {
    testkit::raw_record(TOPIC, 0, offset, NOW, b"t-1", b"{\"half\":")
}

fn wrong_type(offset: i64) -> Value {
    testkit::record(TOPIC, 0, offset, NOW, &testkit::user_registered("t-1", "one@example.com"))
}

async fn assert_told(world: &World) {
    let threads = [
        "t-1 c-1 Who borrows what? v2 c1 +1 -0 =10",
        "t-2 c-1 Who moves? v0 c1 +0 -1 =2",
        "t-3 c-2 Who drops? v1 c0 +0 -0 =1 deleted",
    ];
    assert_eq!(world.threads().await, threads);
    assert_eq!(world.days().await, ["c-1 2026-11-21 t2 v2 c2 +1 -1", "c-2 2026-11-21 t0 v1 c0 +0 -0"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

#[tokio::test]
async fn threads_views_comments_and_votes_reach_the_sums() {
    let world = World::new().await;
    assert_eq!(world.tell(0, &story()).await, TOLD);
    assert_told(&world).await;
    let periods = [
        "t-1 day 2026-11-21 v2 c1 +1 -0",
        "t-1 month 2026-11-01 v2 c1 +1 -0",
        "t-1 week 2026-11-16 v2 c1 +1 -0",
        "t-2 day 2026-11-21 v0 c1 +0 -1",
        "t-2 month 2026-11-01 v0 c1 +0 -1",
        "t-2 week 2026-11-16 v0 c1 +0 -1",
        "t-3 day 2026-11-21 v1 c0 +0 -0",
        "t-3 month 2026-11-01 v1 c0 +0 -0",
        "t-3 week 2026-11-16 v1 c0 +0 -0",
    ];
    assert_eq!(world.periods().await, periods);
    assert_eq!(world.texts("select count(*)::text from thread_activity").await, ["16"]);
}

/// The batch was committed, and the function died before it could answer: it comes again, to another environment.
#[tokio::test]
async fn a_batch_delivered_again_after_a_crash_between_commit_and_acknowledgement_changes_nothing() {
    let world = World::new().await;
    let mut batch = records(0, &story());
    batch.push(garbage(100));
    batch.extend(records(101, &[thread_viewed("t-9")]));
    let first = world.deliver(&batch).await;
    assert_eq!(first, Outcomes { parked: 1, dead_lettered: 1, ..TOLD });
    let state = world.state().await;
    let again = world.consumer().handle(payload(&batch), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 18, ..Outcomes::default() });
    assert_same(&world.state().await, &state);
}

#[tokio::test]
async fn an_event_twice_in_a_batch_and_a_whole_topic_replayed_at_new_offsets_change_nothing() {
    let world = World::new().await;
    let twice: Vec<Event> = story().into_iter().flat_map(|event| [event.clone(), event]).collect();
    assert_eq!(world.tell(0, &twice).await, Outcomes { duplicates: 16, ..TOLD });
    assert_told(&world).await;
    let state = world.state().await;
    let once: Vec<Event> = twice.into_iter().step_by(2).collect();
    for (offset, event) in (700..).zip(&once) {
        let told = world.tell(offset, std::slice::from_ref(event)).await;
        assert_eq!(told, Outcomes { duplicates: 1, ..Outcomes::default() });
    }
    assert_eq!(world.tell(900, &once).await, Outcomes { duplicates: 16, ..Outcomes::default() });
    assert_same(&world.state().await, &state);
}

#[tokio::test]
async fn poison_first_in_the_middle_and_last_stops_no_other() {
    let (clean, story) = (World::new().await, story());
    clean.tell(0, &story).await;
    for poison in [garbage, wrong_type] {
        for place in [0, 8, 16] {
            let world = World::new().await;
            let mut batch = records(0, &story);
            batch.insert(place, poison(1000));
            // The events keep their order, and the poison comes where it stands.
            for (offset, record) in batch.iter_mut().enumerate() {
                record["offset"] = json!(offset);
            }
            assert_eq!(world.deliver(&batch).await, Outcomes { dead_lettered: 1, ..TOLD });
            let (mut state, expected) = (world.state().await, clean.state().await);
            assert_eq!(state.insert("dead_letters", Vec::new()).unwrap().len(), 1);
            state.get_mut("inbox").unwrap().retain(|row| !row.contains("dead_lettered"));
            assert_same(&state, &expected);
        }
    }
}

#[tokio::test]
async fn an_event_that_does_not_belong_on_the_topic_is_a_dead_letter_that_says_so() {
    let world = World::new().await;
    world.deliver(&[wrong_type(0)]).await;
    assert_eq!(
        world.letters().await,
        ["0 unexpected-type: events of the type user.registered do not belong on this topic"]
    );
}

/// Who writes to the topic beside us may forget the key: then nothing keeps an order, and nothing waits for another.
#[tokio::test]
async fn events_without_a_record_key_are_applied_and_one_that_waits_stops_no_other() {
    let world = World::new().await;
    let events = [thread_viewed("t-1"), thread_viewed("t-2"), thread_created("t-2", "c-1", "Who?")];
    let mut batch = records(0, &events);
    for record in &mut batch {
        record["key"] = Value::Null;
    }
    assert_eq!(world.deliver(&batch).await, Outcomes { applied: 2, parked: 1, ..Outcomes::default() });
    assert_eq!(world.threads().await, ["t-2 c-1 Who? v1 c0 +0 -0 =1"]);
}
