//! Two transactions at once that want the same address or user.

use std::time::Duration;

use consumer::Outcomes;
use events::{AuthAction, AuthStatus, Event};
use testkit::{sqlx, user_auth, user_registered, user_updated};

use crate::world::{NOW, World, assert_same, at, payload, records, sequenced};

const ONE_REFUSED: Outcomes = Outcomes { dead_lettered: 1, applied: 0, duplicates: 0, stale: 0, parked: 0, skipped: 0 };

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

const TAKEN: &str = "10 email-taken: another user, u-0, has the address";

const TAKE: &str = "insert into users (user_id, user_type, email, email_key, registered_at)
                    values ('u-0', 'student', 'new@example.com', 'new@example.com', now())";

#[tokio::test]
async fn an_address_that_somebody_takes_between_look_and_write_is_refused_and_one_that_stays_free_is_not() {
    for commits in [true, false] {
        let world = World::new().await;
        let outcomes = meanwhile(&world, TAKE, commits, &[user_registered("u-2", "new@example.com")]).await;
        assert_eq!(outcomes == ONE_REFUSED, commits, "{outcomes:?}");
        assert_eq!(world.letters().await == [TAKEN], commits);
        assert_eq!(world.addresses().await, [if commits { "u-0 new@example.com" } else { "u-2 new@example.com" }]);
    }
    for commits in [true, false] {
        let world = World::new().await;
        world.register(0, "u-2", "two@example.com").await;
        let update = [at(1, user_updated("u-2", &[("email", "new@example.com")]))];
        let outcomes = meanwhile(&world, TAKE, commits, &update).await;
        assert_eq!(outcomes == ONE_REFUSED, commits, "{outcomes:?}");
        assert_eq!(world.letters().await == [TAKEN], commits);
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

/// Two environments whose users, all registered, want the same addresses in opposite orders, at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_batches_of_updates_that_want_the_same_addresses_at_the_same_moment_both_end() {
    let world = World::new().await;
    let (one, other) = (world.consumer(), world.consumer());
    let users = |name: &str| (0..20).map(|number| format!("{name}-{number:02}")).collect::<Vec<_>>();
    let (here, there) = (users("a"), users("b"));
    let registrations: Vec<Event> =
        here.iter().chain(&there).map(|user| user_registered(user, &format!("{user}@example.com"))).collect();
    world.tell(0, &registrations).await;
    for round in 0..10 {
        let wants = |user: &String, number: usize| {
            let email = format!("{round}-{number}@example.com");
            sequenced(&round.to_string(), user_updated(user, &[("email", &email)]))
        };
        let ours: Vec<Event> = here.iter().enumerate().map(|(number, user)| wants(user, number)).collect();
        let theirs: Vec<Event> = there.iter().enumerate().map(|(number, user)| wants(user, 19 - number)).collect();
        let (ours, theirs) =
            (payload(&records(100 + round * 100, &ours)), payload(&records(150 + round * 100, &theirs)));
        let (ours, theirs) = tokio::join!(one.handle(ours, None, NOW), other.handle(theirs, None, NOW));
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert_eq!((ours.applied + theirs.applied, ours.dead_lettered + theirs.dead_lettered), (20, 20));
    }
    let other_reasons = world.letters().await.into_iter().filter(|letter| !letter.contains(" email-taken: "));
    assert_eq!(other_reasons.collect::<Vec<_>>(), [""; 0]);
}

/// The partition has moved, and its old owner's invocation is still under way when the new one delivers the batch again.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_in_two_environments_at_the_same_moment_counts_once() {
    let (world, alone) = (World::new().await, World::new().await);
    let (one, other) = (world.consumer(), world.consumer());
    for round in 0..5 {
        let user = |number: usize| format!("u-{round}-{number}");
        let registrations =
            (0..20).map(|number| user_registered(&user(number), &format!("{}@example.com", user(number))));
        let updates = (0..20).map(|number| at(1, user_updated(&user(number), &[("displayName", "Somebody")])));
        let logins = (0..60).map(|number| user_auth(&user(number % 20), AuthAction::Login, AuthStatus::Failure));
        let events: Vec<Event> = registrations.chain(updates).chain(logins).collect();
        let batch = || payload(&records(round * 100, &events));
        let (here, there) = tokio::join!(one.handle(batch(), None, NOW), other.handle(batch(), None, NOW));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!((here.applied + there.applied, here.duplicates + there.duplicates), (100, 100));
        alone.tell(round * 100, &events).await;
    }
    assert_same(&world.state().await, &alone.state().await);
}
