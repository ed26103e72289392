//! What is erased, and that nothing else is.

use std::collections::BTreeSet;

use store::erasure::Erased;
use testkit::sqlx::Connection as _;
use testkit::{sqlx, traces_of};

use super::{PERSON, PERSONAL, erase, known_everywhere, parked, rubbish};
use crate::world::{NOW, World, assert_same};

#[tokio::test]
async fn no_byte_of_the_person_is_left_in_any_column_and_the_chains_are_as_they_were() {
    let world = World::new().await;
    known_everywhere(&world).await;
    for personal in PERSONAL {
        assert!(!traces_of(&world.database, personal).await.is_empty(), "{personal} was nowhere");
    }
    let chains = "select to_jsonb(audit_log)::text from audit_log order by chain, seq";
    let before = world.texts(chains).await;
    assert_eq!(parked(&world).await, ["u-1 10", "u-1 20", "elsewhere 21", "elsewhere 22"]);

    let erased = erase(&world).await.unwrap();
    let expected = Erased { erased_at: NOW, is_first: true, auth_events: 1, parked: 3, dead_letters: 5 };
    assert_eq!(erased, expected);
    for personal in PERSONAL {
        assert_eq!(traces_of(&world.database, personal).await, [""; 0], "{personal}");
    }
    assert_eq!(world.texts(chains).await, before);
    let left = world.user("u-1").await;
    let left = left.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str());
    assert_eq!(left.collect::<BTreeSet<_>>(), BTreeSet::from(["user_id", "erased_at", "failed_logins"]));

    // What is somebody else's stays, though it reads alike.
    assert_eq!(world.addresses().await, ["u-10 other@example.com"]);
    assert_eq!(parked(&world).await, ["elsewhere 21"]);
    let open = "select convert_from(value, 'UTF8') from dead_letters where state = 'open' order by record_offset";
    assert_eq!(world.texts(open).await, [r#"{"userId":"u-10"}"#, r#"{"userId":"a:u-1"}"#]);
    let blocked = world.texts("select encode(queue, 'escape') from blocked_keys").await;
    assert_eq!(blocked, ["kelsewhere"]);
    let unsettled = world.texts("select event_id from inbox where state in ('parked', 'dead_lettered')").await;
    assert_eq!(unsettled.len(), 1, "the one that waits for somebody else: {unsettled:?}");
}

#[tokio::test]
async fn a_second_time_changes_nothing_and_clears_what_has_failed_since() {
    let world = World::new().await;
    known_everywhere(&world).await;
    let first = erase(&world).await.unwrap();
    let state = world.state().await;
    let second = erase(&world).await.unwrap();
    assert_eq!(second.erased_at, first.erased_at);
    assert!(first.has_changed() && !second.has_changed());
    assert_same(&world.state().await, &state);
    world.deliver(&[rubbish(30, "u-1", "Ada Lovelace")]).await;
    assert_eq!(traces_of(&world.database, "Ada Lovelace").await, ["dead_letters.value"]);
    let third = erase(&world).await.unwrap();
    assert_eq!((third.has_changed(), third.dead_letters), (true, 1));
    assert_eq!(traces_of(&world.database, "Ada Lovelace").await, [""; 0]);
}

/// No value and an empty one have the same hash, which tells the letters of one place apart.
#[tokio::test]
async fn a_letter_at_the_place_of_one_without_a_value_is_erased_too() {
    let world = World::new().await;
    for (offset, others) in [(1, ""), (2, "u-2")] {
        for (key, value) in [(others, ""), ("u-1", "Ada Lovelace"), ("u-1", "Ada Lovelace again"), ("u-1", "")] {
            world.deliver(&[rubbish(offset, key, value)]).await;
        }
    }
    world.deliver(&[rubbish(3, "u-1", ""), rubbish(4, "u-1", "Ada Lovelace")]).await;
    world.deliver(&[rubbish(3, "u-1", "Ada Lovelace")]).await;
    assert!(erase(&world).await.is_some());
    assert_eq!(traces_of(&world.database, "Ada Lovelace").await, [""; 0]);
    let left = "select record_offset || ' ' || coalesce(convert_from(key, 'UTF8'), '') || ' ' || state from dead_letters order by record_offset";
    assert_eq!(world.texts(left).await, ["1  open", "2 u-2 open", "3 u-1 discarded", "4 u-1 discarded"]);
}

/// An erasure has the user's row while it looks for what is about them.
#[tokio::test]
async fn what_is_about_the_person_is_found_without_a_look_at_everything() {
    let world = World::new().await;
    world.register(0, "u-1", "Ada@example.com").await;
    for statement in [
        "insert into dead_letters (consumer, topic, partition, record_offset, key, value, headers, error_class, error, attempts)
         select 'event-fanout', 'user.events', 0, n, convert_to('u-' || n, 'UTF8'), 'rubbish', '[]', 'malformed', 'e', 1
         from generate_series(1, 5000) as n",
        "insert into blocked_keys select 'event-fanout', 'user.events', convert_to('kx-' || n, 'UTF8'), now() from generate_series(1, 5000) as n",
        "insert into parked_events (consumer, topic, queue, partition, record_offset, key, value, headers, parked_at, tries)
         select 'event-fanout', 'user.events', convert_to('kx-' || n, 'UTF8'), 0, n, convert_to('u-' || n, 'UTF8'), 'rubbish', '[]', now(), 0
         from generate_series(1, 5000) as n",
    ] {
        sqlx::query(statement).execute(&world.database.pool).await.unwrap();
    }
    let mut owner = sqlx::PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::query("analyze dead_letters, parked_events, blocked_keys").execute(&mut owner).await.unwrap();
    let mut transaction = world.database.pool.begin().await.unwrap();
    let erased = store::erasure::erase(&mut transaction, &PERSON, NOW).await.unwrap().unwrap();
    assert_eq!((erased.dead_letters, erased.parked), (1, 1));
    let scanned: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_stat_xact_user_tables where seq_scan > 0 and relname in ('dead_letters', 'parked_events')",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(scanned, [""; 0]);
    for (index, condition) in [
        (
            "dead_letters_person_idx",
            "from dead_letters where person_of(key, value, headers) = 'u-1' and (value is not null or headers <> '[]'::bytea)",
        ),
        ("parked_events_person_idx", "from parked_events where person_of(key, value, headers) = 'u-1'"),
        ("parked_events_dead_letter_id_idx", "from parked_events where dead_letter_id = any('{1,2}')"),
    ] {
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("explain select {condition}")))
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    }
}
