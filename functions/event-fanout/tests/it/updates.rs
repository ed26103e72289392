//! Order does not come from clocks, nor from the order of arrival: each field keeps its newest value.

use consumer::Outcomes;
use events::Event;
use serde_json::{Value, json};
use testkit::{user_registered, user_updated};

use crate::world::{NOW, TOPIC, World, at, sequenced};

async fn fields(world: &World) -> [Value; 3] {
    let user = world.user("u-1").await;
    ["user_type", "email", "display_name"].map(|field| user[field].clone())
}

async fn told(events: &[Event]) -> (Outcomes, [Value; 3]) {
    let world = World::new().await;
    world.tell(0, &[at(-60, user_registered("u-1", "one@example.com"))]).await;
    let outcomes = world.tell(1, events).await;
    // The same, each in a batch of its own.
    let singly = World::new().await;
    singly.tell(0, &[at(-60, user_registered("u-1", "one@example.com"))]).await;
    for (offset, event) in (1..).zip(events) {
        singly.tell(offset, std::slice::from_ref(event)).await;
    }
    assert_eq!(fields(&singly).await, fields(&world).await);
    (outcomes, fields(&world).await)
}

#[tokio::test]
async fn updates_of_different_fields_out_of_order_are_all_kept() {
    let (outcomes, fields) = told(&[
        at(2, user_updated("u-1", &[("displayName", "Two")])),
        at(1, user_updated("u-1", &[("displayName", "One"), ("userType", "teacher")])),
        at(-1, user_updated("u-1", &[("email", "new@example.com")])),
        at(1, user_updated("u-1", &[("displayName", "Late")])),
    ])
    .await;
    assert_eq!(outcomes, Outcomes { applied: 3, stale: 1, ..Outcomes::default() });
    assert_eq!(fields, [json!("teacher"), json!("new@example.com"), json!("Two")]);
}

#[tokio::test]
async fn with_a_sequence_it_decides_and_the_clock_does_not() {
    let (outcomes, fields) = told(&[
        sequenced("0003", at(-30, user_updated("u-1", &[("displayName", "Three")]))),
        sequenced("0002", at(4, user_updated("u-1", &[("displayName", "Two"), ("userType", "teacher")]))),
        at(4, user_updated("u-1", &[("displayName", "Without"), ("email", "new@example.com")])),
        sequenced("0001", at(3, user_updated("u-1", &[("email", "one@example.org")]))),
    ])
    .await;
    assert_eq!(outcomes, Outcomes { applied: 4, ..Outcomes::default() });
    assert_eq!(fields, [json!("teacher"), json!("one@example.org"), json!("Three")]);
}

#[tokio::test]
async fn an_update_dated_far_ahead_does_not_block_what_comes_after_it() {
    let world = World::new().await;
    let ahead = at(60 * 24 * 365, user_updated("u-1", &[("displayName", "Ahead")]));
    world.tell(0, &[at(-60, user_registered("u-1", "one@example.com")), ahead]).await;
    assert_eq!(world.user("u-1").await["display_name"], json!("Ahead"));
    let later = at(1, user_updated("u-1", &[("displayName", "Later")]));
    let record = testkit::record(TOPIC, 0, 2, NOW + time::Duration::minutes(1), &later);
    assert_eq!(world.deliver(&[record]).await, Outcomes { applied: 1, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await["display_name"], json!("Later"));
    let claimed = "select occurred_at::text from audit_log where action = 'updated' order by seq";
    assert_eq!(world.texts(claimed).await, ["2027-11-21 09:30:00+00", "2026-11-21 09:31:00+00"]);
}

#[tokio::test]
async fn an_update_of_fields_that_are_not_known_is_on_record_and_changes_nothing_else() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    let before = world.user("u-1").await;
    let outcomes = world
        .tell(1, &[at(1, user_updated("u-1", &[("phone", "1"), ("ada@example.com", "2"), ("locale", "sv")]))])
        .await;
    assert_eq!(outcomes, Outcomes { applied: 1, ..Outcomes::default() });
    assert_eq!(world.user("u-1").await, before);
    let log = "select detail from audit_log where action = 'updated' and not is_stale";
    assert_eq!(world.texts(log).await, ["phone, ?, locale"]);
}
