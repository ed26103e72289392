//! What every consumer must stand.

use std::time::Duration;

use consumer::Outcomes;
use events::Event;
use events::PaymentStatus::{Refunded, Settled};
use serde_json::{Value, json};
use stack::postgres::Server;
use testkit::{TestDatabase, eventually, inventory_adjusted, order_placed, payment_settled};

use crate::world::{NOW, SHORT, TOPIC, World, assert_same, payload, records, start};

/// Two orders, one of them paid in parts, and stock that goes out.
fn story() -> Vec<Event> {
    vec![
        inventory_adjusted("a-1", "mug", 10),
        order_placed("o-1", "u-1", &[("mug", 2, 1250), ("card", 1, 150)]),
        payment_settled("p-1", "o-1", 2000, Settled),
        inventory_adjusted("a-2", "mug", -2),
        order_placed("o-2", "u-2", &[("mug", 1, 1250)]),
        payment_settled("p-2", "o-1", 650, Settled),
        payment_settled("p-3", "o-2", 1250, Settled),
        payment_settled("p-4", "o-2", 250, Refunded),
    ]
}

const TOLD: Outcomes = Outcomes { applied: 8, stale: 0, duplicates: 0, parked: 0, dead_lettered: 0, skipped: 0 };

fn garbage(offset: i64) -> Value {
    testkit::raw_record(TOPIC, 0, offset, NOW, b"o-1", b"{\"half\":")
}

fn wrong_type(offset: i64) -> Value {
    testkit::record(TOPIC, 0, offset, NOW, &testkit::user_registered("o-1", "one@example.com"))
}

async fn assert_told(world: &World) {
    assert_eq!(world.orders().await, ["o-1 2650 +2650 -0 paid", "o-2 1250 +1250 -250 partially_paid"]);
    assert_eq!(world.stock().await, ["mug 8"]);
}

#[tokio::test]
async fn orders_payments_and_stock_reach_their_tables() {
    let world = World::new().await;
    assert_eq!(world.tell(0, &story()).await, TOLD);
    assert_told(&world).await;
    let items = "select order_id || ' ' || line || ' ' || quantity || ' ' || sku || ' ' || unit_price from order_items order by 1";
    assert_eq!(world.texts(items).await, ["o-1 1 2 mug 1250", "o-1 2 1 card 150", "o-2 1 1 mug 1250"]);
    let ledger =
        "select adjustment_id || ' ' || sku || ' ' || delta || ' ' || reason from inventory_adjustments order by 1";
    assert_eq!(world.texts(ledger).await, ["a-1 mug 10 recount", "a-2 mug -2 recount"]);
}

/// The batch was committed, and the function died before it could answer: it comes again, to another environment.
#[tokio::test]
async fn a_batch_delivered_again_after_a_crash_between_commit_and_acknowledgement_changes_nothing() {
    let world = World::new().await;
    let mut batch = records(0, &story());
    batch.push(garbage(100));
    batch.extend(records(101, &[payment_settled("p-9", "o-9", 1, Settled)]));
    let first = world.deliver(&batch).await;
    assert_eq!(first, Outcomes { parked: 1, dead_lettered: 1, ..TOLD });
    let state = world.state().await;
    let again = world.consumer().handle(payload(&batch), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 10, ..Outcomes::default() });
    assert_same(&world.state().await, &state);
}

#[tokio::test]
async fn an_event_twice_in_a_batch_and_at_another_offset_counts_once() {
    let world = World::new().await;
    let twice: Vec<Event> = story().into_iter().flat_map(|event| [event.clone(), event]).collect();
    assert_eq!(world.tell(0, &twice).await, Outcomes { duplicates: 8, ..TOLD });
    assert_eq!(world.tell(700, &story_of(&twice)).await, Outcomes { duplicates: 8, ..Outcomes::default() });
    assert_told(&world).await;
}

fn story_of(twice: &[Event]) -> Vec<Event> {
    twice.iter().step_by(2).cloned().collect()
}

#[tokio::test]
async fn poison_first_in_the_middle_and_last_stops_no_other() {
    let (clean, story) = (World::new().await, story());
    clean.tell(0, &story).await;
    for poison in [garbage, wrong_type] {
        for place in [0, 4, 8] {
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

#[tokio::test]
async fn a_batch_that_meets_no_database_fails_and_is_applied_when_it_comes_again() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let world = World::without_users(database);
    world.user("u-1").await;
    world.user("u-2").await;
    let consumer = start(&world.database, ("DATABASE_ACQUIRE_TIMEOUT_MS", "500"));
    let mut before = records(0, &story());
    let during = before.split_off(2);
    consumer.handle(payload(&before), None, NOW).await.unwrap();

    server.kill();
    consumer.handle(payload(&during), SHORT, NOW).await.unwrap_err();
    server.restart().await.unwrap();
    let ask = || async { consumer.handle(payload(&during), SHORT, NOW).await.ok() };
    let outcomes = eventually("the batch succeeds", Duration::from_secs(20), ask).await;
    assert_eq!(outcomes, Outcomes { applied: TOLD.applied - 2, ..TOLD });
    assert_told(&world).await;
}

/// Other producers may write to the topic without a key: then nothing keeps an order, and nothing waits for another.
#[tokio::test]
async fn events_without_a_record_key_are_applied_and_one_that_waits_stops_no_other() {
    let world = World::new().await;
    let mut batch = records(
        0,
        &[
            payment_settled("p-1", "o-1", 100, Settled),
            payment_settled("p-2", "o-2", 100, Settled),
            order_placed("o-2", "u-2", &[("mug", 1, 100)]),
            inventory_adjusted("a-1", "mug", -1),
        ],
    );
    for record in &mut batch {
        record["key"] = Value::Null;
    }
    let outcomes = world.deliver(&batch).await;
    assert_eq!(outcomes, Outcomes { applied: 3, parked: 1, ..Outcomes::default() });
    assert_eq!(
        (world.orders().await, world.stock().await),
        (vec!["o-2 100 +100 -0 paid".to_owned()], vec!["mug -1".to_owned()])
    );
}
