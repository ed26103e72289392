//! What is left of a person who is erased while something of theirs waits or has failed here.

use consumer::Outcomes;
use store::erasure::{Erased, Person, Place, Waiting, erase};
use testkit::{comment_added, sqlx, thread_created, traces_of};

use crate::world::{NOW, TOPIC, World};

/// Erases `u-1`, of whom all builders of threads say that they wrote them.
async fn erase_them(world: &World) -> Erased {
    let mut transaction = world.database.pool.begin().await.unwrap();
    let places = [Place { consumer: "discussion-consumer", topics: &[TOPIC], waiting: Waiting::Tried }];
    let erased = erase(&mut transaction, &Person { user_id: "u-1", places: &places }, NOW).await.unwrap();
    transaction.commit().await.unwrap();
    erased.expect("something is known of them")
}

#[tokio::test]
async fn the_bytes_of_their_dead_letters_go_and_a_thread_of_their_name_is_not_theirs() {
    let world = World::new().await;
    let told = [thread_created("t-1", "c-1", "Who?"), thread_created("t-1", "c-1", "Elm Street")];
    assert_eq!(world.tell(0, &told).await.dead_lettered, 1);
    // Of somebody else, under their id.
    let other = testkit::raw_record(TOPIC, 0, 2, NOW, b"u-1", br#"{"note":"Oak Street"}"#);
    world.deliver(&[other]).await;
    assert_eq!(erase_them(&world).await.dead_letters, 1);
    assert_eq!(traces_of(&world.database, "Elm Street").await, [""; 0]);
    assert_eq!(traces_of(&world.database, "Oak Street").await, ["dead_letters.value"]);
}

/// It holds ids alone, and dropped it would be missing from the sums.
#[tokio::test]
async fn a_comment_that_waits_for_its_thread_counts_all_the_same() {
    let world = World::new().await;
    sqlx::query("insert into users (user_id, erased_at) values ('u-2', now())")
        .execute(&world.database.pool)
        .await
        .unwrap();
    world.tell(0, &[comment_added("t-1", "k-1"), thread_created("t-2", "c-1", "What?")]).await;
    let mut transaction = world.database.pool.begin().await.unwrap();
    let places = [Place { consumer: "discussion-consumer", topics: &[TOPIC], waiting: Waiting::Tried }];
    let erased = erase(&mut transaction, &Person { user_id: "u-2", places: &places }, NOW).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(erased.unwrap().parked, 0);
    assert_eq!(world.tick(1).await.applied, 0);
    let created = thread_created("t-1", "c-1", "Who?");
    assert_eq!(world.tell(2, &[created]).await, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(world.threads().await[0], "t-1 c-1 Who? v0 c1 +0 -0 =5");
}
