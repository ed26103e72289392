//! No two users have one address.

use std::time::Duration;

use consumer::Outcomes;
use events::Event;
use testkit::{sqlx, user_registered, user_updated};

use crate::world::{NOW, World, assert_same, at, payload, records, sequenced};

const ONE_REFUSED: Outcomes = Outcomes { dead_lettered: 1, applied: 0, duplicates: 0, stale: 0, parked: 0, skipped: 0 };

#[tokio::test]
async fn an_address_that_another_user_has_is_refused_whatever_its_case_and_the_refusal_does_not_repeat_it() {
    let world = World::new().await;
    let told = [
        user_registered("u-1", "One.Å@Example.com"),
        user_registered("u-2", "oNE.å@example.COM"),
        user_registered("u-3", "three@example.com"),
        at(1, user_updated("u-3", &[("email", "ONE.Å@EXAMPLE.COM"), ("displayName", "Three")])),
    ];
    world.tell(0, &told).await;
    let reason = "email-taken: another user, u-1, has the address";
    assert_eq!(world.letters().await, [format!("1 {reason}"), format!("3 {reason}")]);
    assert_eq!(world.addresses().await, ["u-1 One.Å@Example.com", "u-3 three@example.com"]);
    assert!(world.user("u-3").await["display_name"].is_null(), "of a refused event no part takes effect");
    // Told of at once or one after another, it comes to the same.
    let singly = World::new().await;
    for (offset, event) in (0..).zip(&told) {
        singly.tell(offset, std::slice::from_ref(event)).await;
    }
    assert_same(&singly.state().await, &world.state().await);
}

#[tokio::test]
async fn a_user_may_write_their_own_address_in_another_case() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.tell(1, &[at(1, user_updated("u-1", &[("email", "One@Example.com")]))]).await;
    assert_eq!(world.addresses().await, ["u-1 One@Example.com"]);
}

fn moves(changes: &[(&str, &str)]) -> Vec<Event> {
    (1..).zip(changes).map(|(minute, (user, email))| at(minute, user_updated(user, &[("email", email)]))).collect()
}

#[tokio::test]
async fn an_address_that_is_given_up_may_be_taken_in_the_same_batch_and_a_swap_needs_a_third() {
    let world = World::new().await;
    for (offset, user) in (0..).zip(["u-1", "u-2", "u-3"]) {
        world.register(offset, user, &format!("{user}@example.com")).await;
    }
    // Round and round: each takes the address that the one before has just left.
    let round =
        [("u-1", "x@example.com"), ("u-2", "u-1@example.com"), ("u-3", "u-2@example.com"), ("u-1", "u-3@example.com")];
    let outcomes = world.tell(10, &moves(&round)).await;
    assert_eq!(outcomes, Outcomes { applied: 4, ..Outcomes::default() });
    let turned = ["u-1 u-3@example.com", "u-2 u-1@example.com", "u-3 u-2@example.com"];
    assert_eq!(world.addresses().await, turned);
    // One behind the other.
    let change = |sequence, user, email| sequenced(sequence, user_updated(user, &[("email", email)]));
    let behind = [change("1", "u-1", "y@example.com"), change("1", "u-2", "u-3@example.com")];
    world.tell(20, &behind).await;
    assert_eq!(world.addresses().await[..2], ["u-1 y@example.com", "u-2 u-3@example.com"]);
    // Two that want each other's are both refused.
    let swap = [change("2", "u-1", "u-3@example.com"), change("2", "u-2", "y@example.com")];
    assert_eq!(world.tell(30, &swap).await.dead_lettered, 2);
}

#[tokio::test]
async fn of_two_registrations_with_one_address_in_a_batch_the_first_wins() {
    let world = World::new().await;
    world.tell(0, &[user_registered("u-2", "one@example.com"), user_registered("u-1", "ONE@example.com")]).await;
    assert_eq!(world.addresses().await, ["u-2 one@example.com"]);
    assert_eq!(world.letters().await, ["1 email-taken: another user, u-2, has the address"]);
}

/// Two environments with twenty users each, who want the same addresses in opposite orders, at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_registrations_with_one_address_at_the_same_moment_are_one_user_and_one_dead_letter() {
    let world = World::new().await;
    let (one, other) = (world.consumer(), world.consumer());
    let registrations = |round: i64, name: &str, reverse: bool| {
        let mut numbers: Vec<i64> = (0..20).collect();
        if reverse {
            numbers.reverse();
        }
        let event =
            |number| user_registered(&format!("{name}-{round}-{number}"), &format!("{round}-{number}@example.com"));
        numbers.into_iter().map(event).collect::<Vec<_>>()
    };
    for round in 0..10 {
        let here = payload(&records(round * 100, &registrations(round, "a", false)));
        let there = payload(&records(round * 100 + 50, &registrations(round, "b", true)));
        let (here, there) = tokio::join!(one.handle(here, None, NOW), other.handle(there, None, NOW));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!((here.applied + there.applied, here.dead_lettered + there.dead_lettered), (20, 20));
    }
    assert_eq!(world.addresses().await.len(), 200);
    let other_reasons = world.letters().await.into_iter().filter(|letter| !letter.contains(" email-taken: "));
    assert_eq!(other_reasons.collect::<Vec<_>>(), [""; 0]);
    let retried = world.texts("select consumer from consumer_batches where retries > 0").await;
    assert!(retried.is_empty(), "neither waited for the other in vain");
}

/// Takes the address in a transaction that stays open until the events wait for it, and then ends as told.
async fn meanwhile(world: &World, statement: &'static str, commits: bool, events: &[Event]) -> Outcomes {
    let mut transaction = world.database.pool.begin().await.unwrap();
    sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    let consumer = world.consumer();
    let handled = consumer.handle(payload(&records(10, events)), Some(Duration::from_secs(20)), NOW);
    let ended = async {
        world.until_one_waits_for_a_lock().await;
        if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
    };
    let (handled, ()) = tokio::join!(handled, ended);
    handled.unwrap()
}

const TAKE: &str = "insert into users (user_id, user_type, email, email_key, registered_at)
                    values ('u-0', 'student', 'new@example.com', 'new@example.com', now())";

#[tokio::test]
async fn an_address_that_somebody_takes_between_look_and_write_is_refused_and_one_that_stays_free_is_not() {
    for commits in [true, false] {
        let world = World::new().await;
        let outcomes = meanwhile(&world, TAKE, commits, &[user_registered("u-2", "new@example.com")]).await;
        let taken = "10 email-taken: another user, u-0, has the address";
        assert_eq!(outcomes == ONE_REFUSED, commits, "{outcomes:?}");
        assert_eq!(world.letters().await == [taken], commits);
        assert_eq!(world.addresses().await, [if commits { "u-0 new@example.com" } else { "u-2 new@example.com" }]);
    }
    for commits in [true, false] {
        let world = World::new().await;
        world.register(0, "u-2", "two@example.com").await;
        let update = [at(1, user_updated("u-2", &[("email", "new@example.com")]))];
        let outcomes = meanwhile(&world, TAKE, commits, &update).await;
        assert_eq!(outcomes == ONE_REFUSED, commits, "{outcomes:?}");
        assert_eq!(world.addresses().await.contains(&"u-2 two@example.com".to_owned()), commits);
    }
}

#[tokio::test]
async fn a_registration_that_another_transaction_makes_first_is_compared_with_it() {
    let world = World::new().await;
    let statement = "insert into users (user_id, user_type, email, email_key, registered_at)
                     values ('u-2', 'student', 'other@example.com', 'other@example.com', now())";
    let outcomes = meanwhile(&world, statement, true, &[user_registered("u-2", "new@example.com")]).await;
    assert_eq!(outcomes.applied, 0);
    assert_eq!(world.addresses().await, ["u-2 other@example.com"]);
}
