//! No two users have one address.

use consumer::{Outcomes, Payload};
use events::Event;
use store::dead_letters;
use testkit::{sqlx, user_registered, user_updated};

use crate::world::{NOW, World, assert_same, at, sequenced};

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

#[tokio::test]
async fn a_refused_registration_sent_on_once_the_address_is_free_takes_effect_with_what_waited_for_it() {
    let world = World::new().await;
    let told = [
        user_registered("u-1", "one@example.com"),
        user_registered("u-2", "one@example.com"),
        at(1, user_updated("u-2", &[("displayName", "Two")])),
    ];
    let outcomes = world.tell(0, &told).await;
    assert_eq!(outcomes, Outcomes { applied: 1, dead_lettered: 1, parked: 1, ..Outcomes::default() });
    world.tell(3, &[at(2, user_updated("u-1", &[("email", "new@example.com")]))]).await;

    let mut transaction = world.database.pool.begin().await.unwrap();
    let letters: Vec<i64> =
        sqlx::query_scalar("select dead_letter_id from dead_letters").fetch_all(&mut *transaction).await.unwrap();
    dead_letters::redrive(&mut transaction, &letters, NOW).await.unwrap();
    transaction.commit().await.unwrap();
    let outcomes = world.consumer().handle(Payload::default(), None, NOW).await.unwrap();
    assert_eq!(outcomes, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(world.addresses().await, ["u-1 new@example.com", "u-2 one@example.com"]);
    assert_eq!(world.user("u-2").await["display_name"], "Two");
    assert_eq!(world.texts("select state from dead_letters").await, ["applied"]);
}
