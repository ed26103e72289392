//! What is left of a person who is erased while something of theirs waits or has failed here.

use consumer::Outcomes;
use events::PaymentStatus::Settled;
use serde_json::Value;
use store::dead_letters::{self, Filter};
use store::erasure::{CONSUMERS, Erased, Person, Place, erase};
use testkit::{TestDatabase, order_placed, payment_settled, raw_record, traces_of};

use crate::world::{NOW, TOPIC, World, assert_same};

const TOPICS: [&[&str]; 3] = [&["discussion.events"], &["user.events", "system.audit"], &[TOPIC]];

/// Erases `u-9`.
async fn erase_them(world: &World) -> Option<Erased> {
    let mut transaction = world.database.pool.begin().await.unwrap();
    let place = |((consumer, waiting), topics)| Place { consumer, topics, waiting };
    let places: Vec<Place<'_>> = CONSUMERS.into_iter().zip(TOPICS).map(place).collect();
    let erased = erase(&mut transaction, &Person { user_id: "u-9", places: &places }, NOW).await.unwrap();
    match erased {
        Some(_) => transaction.commit().await.unwrap(),
        None => transaction.rollback().await.unwrap(),
    }
    erased
}

/// An order with an address in it that nobody asked for.
fn order_with_address(offset: i64) -> Value {
    let order = order_placed("o-9", "u-9", &[("mug", 1, 5)]).to_structured_json();
    let text = String::from_utf8(order).unwrap().replace(r#""userId""#, r#""address":"Elm Street","userId""#);
    raw_record(TOPIC, 0, offset, NOW, b"o-9", text.as_bytes())
}

/// It holds the id alone, and payments of it may be on their way: dropped, they would wait in vain.
#[tokio::test]
async fn an_order_that_waited_for_them_is_applied_with_the_id_alone_and_its_bytes_are_gone() {
    let world = World::without_users(TestDatabase::new().await);
    assert_eq!(erase_them(&world).await, None, "nobody knows them yet");
    world.deliver(&[order_with_address(0)]).await;
    world.tell(1, &[payment_settled("p-9", "o-9", 5, Settled)]).await;
    // It was looked at in vain, and is not due.
    world.tick(1).await;
    assert_eq!(traces_of(&world.database, "Elm Street").await, ["parked_events.value"]);
    let erased = erase_them(&world).await.unwrap();
    assert_eq!((erased.is_first, erased.parked, erased.dead_letters), (true, 0, 0));
    assert_eq!(world.tick(0).await, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(world.orders().await, ["o-9 5 +5 -0 paid"]);
    assert_eq!(traces_of(&world.database, "Elm Street").await, [""; 0]);
}

#[tokio::test]
async fn the_bytes_of_their_dead_letters_go_and_those_of_others_stay() {
    let world = World::new().await;
    let rubbish = |offset, user: &str| {
        let value = format!(r#"{{"userId":"{user}","address":"{user} Elm Street"}}"#);
        raw_record(TOPIC, 0, offset, NOW, b"o-1", value.as_bytes())
    };
    world.deliver(&[rubbish(0, "u-9"), rubbish(1, "u-90")]).await;
    let erased = erase_them(&world).await.unwrap();
    assert_eq!((erased.parked, erased.dead_letters), (0, 1));
    assert_eq!(traces_of(&world.database, "u-9 Elm Street").await, [""; 0]);
    assert_eq!(traces_of(&world.database, "u-90 Elm Street").await, ["dead_letters.value"]);
    assert_eq!(world.texts("select state from dead_letters order by record_offset").await, ["discarded", "open"]);
}

#[tokio::test]
async fn a_dead_letter_that_was_sent_on_and_waits_its_turn_goes_with_them() {
    let world = World::new().await;
    world.deliver(&[raw_record(TOPIC, 0, 0, NOW, b"o-1", br#"{"userId":"u-9","address":"Elm Street"}"#)]).await;
    let mut transaction = world.database.pool.begin().await.unwrap();
    let letters = dead_letters::find_open(&mut transaction, &Filter::default()).await.unwrap();
    dead_letters::redrive(&mut transaction, &letters, NOW + time::Duration::HOUR).await.unwrap();
    transaction.commit().await.unwrap();
    let erased = erase_them(&world).await.unwrap();
    assert_eq!((erased.parked, erased.dead_letters), (1, 1));
    assert_eq!(traces_of(&world.database, "Elm Street").await, [""; 0]);
    assert!(world.texts("select queue::text from blocked_keys").await.is_empty());
}

/// Ids of orders, articles and people have one alphabet, and each may be the id of another.
#[tokio::test]
async fn what_is_about_an_order_or_an_article_of_their_name_is_not_theirs() {
    let world = World::new().await;
    let rubbish = raw_record(TOPIC, 0, 0, NOW, b"u-9", br#"{"paymentId":"p-1","note":"Elm Street"}"#);
    world.deliver(&[rubbish]).await;
    world.tell(1, &[payment_settled("p-2", "u-9", 5, Settled)]).await;
    let state = world.state().await;
    assert_eq!(erase_them(&world).await, None, "nobody knows them");
    world.user("u-9").await;
    let erased = erase_them(&world).await.unwrap();
    assert_eq!((erased.is_first, erased.parked, erased.dead_letters), (true, 0, 0));
    assert_eq!(traces_of(&world.database, "Elm Street").await, ["dead_letters.value"]);
    assert_same(&world.state().await, &state);
}
