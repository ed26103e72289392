//! Whatever the order of arrival, and however a topic is cut into batches, the end is the same.

use events::{AuthAction, AuthStatus, Event};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use testkit::{user_auth, user_registered, user_updated};

use crate::world::{NOW, TOPIC, World, assert_same, at, records, sequenced};

/// A value for each of some fields.
fn an_update() -> impl Strategy<Value = Event> {
    let fields = proptest::sample::subsequence(vec!["userType", "email", "displayName", "phone"], 1..=3);
    (fields, 0..3_u8, proptest::option::of(0..3_u8), -2_i64..8).prop_map(|(fields, value, sequence, minutes)| {
        let value = format!("{value}@example.com");
        let fields: Vec<(&str, &str)> = fields.into_iter().map(|field| (field, value.as_str())).collect();
        let event = at(minutes, user_updated("u-1", &fields));
        sequence.map_or(event.clone(), |sequence| sequenced(&sequence.to_string(), event))
    })
}

fn run<S: Strategy>(cases: u32, strategy: &S, test: impl AsyncFn(S::Value)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(strategy, |value| {
            runtime.block_on(test(value));
            Ok(())
        })
        .unwrap();
}

async fn row_after(registration: &Event, events: &[Event], batch: usize) -> Value {
    let world = World::new().await;
    world.tell(0, std::slice::from_ref(registration)).await;
    for (place, events) in events.chunks(batch).enumerate() {
        world.tell(1 + i64::try_from(place * batch).unwrap(), events).await;
    }
    world.user("u-1").await
}

#[test]
fn any_order_of_a_user_s_updates_ends_in_the_same_row() {
    let updates = proptest::collection::vec(an_update(), 2..8).no_shrink();
    let both = updates.prop_flat_map(|updates| (Just(updates.clone()), Just(updates).prop_shuffle(), 1..8_usize));
    run(8, &both, async |(updates, shuffled, batch)| {
        let registration = user_registered("u-1", "one@example.com");
        let row = row_after(&registration, &updates, updates.len()).await;
        assert_eq!(row_after(&registration, &shuffled, batch).await, row);
    });
}

/// Events of some users in the order of the topic: they register late or early, change, and log in.
fn a_topic() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..4_u8, 0..6_u8, -2_i64..8).prop_map(|(user, what, minutes)| {
        let (user, value) = (format!("u-{user}"), format!("{user}-{minutes}@example.com"));
        let event = match what {
            0 => user_registered(&user, &format!("{user}@example.com")),
            1 => user_updated(&user, &[("email", &value)]),
            2 => user_updated(&user, &[("displayName", &value), ("phone", "1")]),
            3 => user_auth(&user, AuthAction::Login, AuthStatus::Success),
            4 => user_auth(&user, AuthAction::Login, AuthStatus::Failure),
            _ => testkit::system_audit(&user, "read", "keys/k1"),
        };
        at(minutes, event)
    });
    proptest::collection::vec(event, 4..30)
}

/// One partition for each user, so that partitions can be delivered in any mixture.
fn partitioned(events: &[Event]) -> Vec<Value> {
    (0..)
        .zip(events)
        .map(|(offset, event)| {
            let user = event.key().trim_start_matches("u-").parse().unwrap();
            testkit::record(TOPIC, user, offset, NOW, event)
        })
        .collect()
}

/// Cut anywhere, with what was delivered before delivered again, partitions mixed as they come.
#[test]
fn however_a_topic_is_cut_shuffled_across_partitions_and_repeated_it_comes_to_the_same() {
    let cuts = proptest::collection::vec((1..6_usize, 0..4_usize), 1..20);
    let case = (a_topic(), cuts, any::<prop::sample::Index>()).no_shrink();
    run(8, &case, async |(events, cuts, turn)| {
        let together = World::new().await;
        let all = partitioned(&events);
        together.deliver(&all).await;

        // The partitions one after another, beginning with any of them.
        let mut mixed = all.clone();
        mixed.sort_by_key(|record| record["partition"].as_i64());
        let first = turn.index(mixed.len());
        let middle = mixed[first]["partition"].clone();
        let turn = mixed.iter().position(|record| record["partition"] == middle).unwrap();
        mixed.rotate_left(turn);
        let world = World::new().await;
        let (mut done, mut cuts) = (0, cuts.into_iter().cycle());
        while done < mixed.len() {
            let (size, again) = cuts.next().unwrap();
            let end = mixed.len().min(done + size);
            world.deliver(&mixed[done.saturating_sub(again)..end]).await;
            done = end;
        }
        assert_same(&world.state().await, &together.state().await);
    });
}

#[tokio::test]
async fn two_thousand_events_of_one_user_in_one_batch_come_to_what_they_come_to_singly() {
    let world = World::new().await;
    let mut events = vec![user_registered("u-1", "one@example.com")];
    events.extend((0..2000).map(|_| user_auth("u-1", AuthAction::Login, AuthStatus::Failure)));
    world.deliver(&records(0, &events)).await;
    assert_eq!(world.user("u-1").await["failed_logins"], serde_json::json!(2000));
}
