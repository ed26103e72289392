//! What is left of a person who is erased, wherever events have brought them.

use std::collections::BTreeSet;
use std::time::Duration;

use consumer::Outcomes;
use events::{AuthAction, AuthStatus, Event};
use serde_json::{Value, json};
use store::dead_letters;
use store::erasure::{Erased, Person};
use testkit::sqlx::Connection as _;
use testkit::{raw_record, record, sqlx, system_audit, traces_of, user_auth, user_registered, user_updated};

use crate::world::{NOW, PLACES, TOPIC, World, assert_same, at};

/// What is known of the person, and of nobody else.
const PERSONAL: [&str; 5] =
    ["Ada@example.com", "new-ada@example.com", "Ada Lovelace", "192.0.2.77", "Agent of the test"];

const PERSON: Person<'static> = Person { user_id: "u-1", places: &PLACES };

async fn erase(world: &World) -> Option<Erased> {
    let mut transaction = world.database.pool.begin().await.unwrap();
    let erased = store::erasure::erase(&mut transaction, &PERSON, NOW).await.unwrap();
    match erased {
        Some(_) => transaction.commit().await.unwrap(),
        None => transaction.rollback().await.unwrap(),
    }
    erased
}

/// A record that is no event, under this key.
fn rubbish(offset: i64, key: &str, value: &str) -> Value {
    raw_record(TOPIC, 0, offset, NOW, key.as_bytes(), value.as_bytes())
}

/// An event in binary mode whose attributes have the person alone.
fn binary(offset: i64) -> Value {
    let mut record = rubbish(offset, "no id", r#"{"email":"Ada@example.com"}"#);
    let header = |name: &str, value: &str| json!({ name: value.as_bytes() });
    record["headers"] = json!([
        header("ce_specversion", "1.0"),
        header("ce_id", "binary"),
        header("ce_source", "/test"),
        header("ce_type", "user.registered"),
        header("ce_subject", "u-1"),
        header("ce_dataschema", "urn:onceward:event:user.registered:1.0"),
        header("content-type", "application/json"),
    ]);
    record
}

fn renamed() -> Event {
    at(1, user_updated("u-1", &[("displayName", "Ada Lovelace"), ("email", "new-ada@example.com")]))
}

impl World {
    /// The number of the dead letter from this offset.
    async fn letter_at(&self, offset: i64) -> i64 {
        sqlx::query_scalar("select dead_letter_id from dead_letters where record_offset = $1")
            .bind(offset)
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    /// Waits until so many connections wait for a lock.
    async fn until_waiting(&self, connections: i64) {
        testkit::eventually("connections that wait for a lock", Duration::from_secs(10), async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&self.database.pool)
            .await
            .unwrap();
            (waiting == connections).then_some(())
        })
        .await;
    }
}

/// A user with a history, and with events that failed in every way.
async fn known_everywhere(world: &World) {
    world.register(0, "u-1", "Ada@example.com").await;
    world.register(1, "u-10", "other@example.com").await;
    let login = user_auth("u-1", AuthAction::Login, AuthStatus::Success);
    world.tell(2, &[renamed(), login, system_audit("u-1", "export", "reports/1")]).await;
    world
        .deliver(&[
            rubbish(10, "u-1", "Ada Lovelace, 192.0.2.77"),
            rubbish(11, "somebody", r#"{"userId":"u-1","email":"Ada@example.com"}"#),
            rubbish(12, "somebody", r#"{"userId":"\u0075-1","name":"Ada Lovelace"}"#),
            rubbish(13, "Ada@example.com", r#"{"userId":"u-1"}"#),
            binary(14),
            rubbish(15, "u-10", r#"{"userId":"u-10"}"#),
            rubbish(16, "a:u-1", r#"{"userId":"a:u-1"}"#),
        ])
        .await;
    // One that was sent on is not due yet, and holds up its key.
    let later = NOW + time::Duration::HOUR;
    let letter = world.letter_at(10).await;
    dead_letters::redrive(&mut world.database.pool.acquire().await.unwrap(), &[letter], later).await.unwrap();
    let behind = at(5, user_updated("u-1", &[("displayName", "Ada Lovelace")]));
    let someone = at(3, user_updated("u-404", &[("email", "u-1@example.com")])).to_structured_json();
    let mine = at(6, user_auth("u-1", AuthAction::Login, AuthStatus::Failure)).to_structured_json();
    let outcomes = world
        .deliver(&[
            record(TOPIC, 0, 20, NOW, &behind),
            raw_record(TOPIC, 0, 21, NOW, b"elsewhere", &someone),
            raw_record(TOPIC, 0, 22, NOW, b"elsewhere", &mine),
        ])
        .await;
    assert_eq!(outcomes, Outcomes { parked: 3, ..Outcomes::default() });
}

async fn parked(world: &World) -> Vec<String> {
    world
        .texts("select convert_from(key, 'UTF8') || ' ' || record_offset from parked_events order by record_offset")
        .await
}

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

#[tokio::test]
async fn events_that_come_again_or_late_bring_nothing_back() {
    let world = World::new().await;
    known_everywhere(&world).await;
    erase(&world).await.unwrap();
    let late = [
        user_registered("u-1", "Ada@example.com"),
        renamed(),
        user_auth("u-1", AuthAction::Login, AuthStatus::Success),
    ];
    let outcomes = world.tell(40, &late).await;
    assert_eq!(outcomes, Outcomes { stale: 3, ..Outcomes::default() });
    for personal in PERSONAL {
        assert_eq!(traces_of(&world.database, personal).await, [""; 0], "{personal}");
    }
    // What stood in the same queue as something of theirs goes on, with the user whom it waits for.
    let outcomes = world.tell(50, &[user_registered("u-404", "u-1@example.org")]).await;
    assert_eq!(outcomes, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(parked(&world).await, [""; 0]);
    assert_eq!(world.addresses().await, ["u-10 other@example.com", "u-404 u-1@example.com"]);
}

#[tokio::test]
async fn a_letter_that_was_erased_cannot_be_sent_on() {
    let world = World::new().await;
    known_everywhere(&world).await;
    let letter = world.letter_at(11).await;
    erase(&world).await.unwrap();
    let mut connection = world.database.pool.acquire().await.unwrap();
    assert_eq!(dead_letters::redrive(&mut connection, &[letter], NOW).await.unwrap(), []);
    let shown = dead_letters::show(&mut connection, letter).await.unwrap().unwrap();
    assert_eq!((shown.state.as_str(), shown.value, shown.headers.as_slice()), ("discarded", None, b"[]".as_slice()));
    assert_eq!(shown.reason.as_deref(), Some("the person was erased"));
    let forwarded = store::forwarding::take(&mut connection, (100, 1_000_000)).await.unwrap();
    assert_eq!(forwarded.len(), 2, "those of others alone");
}

#[tokio::test]
async fn somebody_of_whom_only_events_that_wait_are_known_is_erased_before_they_are_there() {
    let world = World::new().await;
    assert_eq!(erase(&world).await, None);
    assert_eq!(world.state().await.values().map(Vec::len).sum::<usize>(), 0, "nothing is kept of a stranger");
    world.tell(0, &[renamed()]).await;
    assert_eq!(parked(&world).await, ["u-1 0"]);
    assert_eq!(erase(&world).await.unwrap().parked, 1);
    assert_eq!(traces_of(&world.database, "Ada Lovelace").await, [""; 0]);
    let outcomes = world.tell(1, &[user_registered("u-1", "Ada@example.com"), renamed()]).await;
    assert_eq!(outcomes, Outcomes { stale: 2, ..Outcomes::default() });
    assert_eq!(traces_of(&world.database, "Ada@example.com").await, [""; 0]);
}

/// The batch has the user's row when the person is erased.
#[tokio::test]
async fn a_batch_that_is_under_way_is_erased_with_the_rest() {
    let world = World::new().await;
    world.register(0, "u-1", "Ada@example.com").await;
    let mut stopped = world.database.pool.begin().await.unwrap();
    // Whoever writes the audit log comes to this last.
    sqlx::query("lock table audit_heads in access exclusive mode").execute(&mut *stopped).await.unwrap();
    let events = [renamed(), user_auth("u-1", AuthAction::Login, AuthStatus::Success)];
    let batch = async {
        let outcomes = world.tell(1, &events).await;
        assert_eq!(outcomes, Outcomes { applied: 2, ..Outcomes::default() });
    };
    let erasure = async {
        world.until_waiting(1).await;
        assert_eq!(erase(&world).await.unwrap().auth_events, 1);
    };
    let release = async {
        world.until_waiting(2).await;
        stopped.commit().await.unwrap();
    };
    tokio::join!(batch, erasure, release);
    for personal in PERSONAL {
        assert_eq!(traces_of(&world.database, personal).await, [""; 0], "{personal}");
    }
}

/// The person is erased when the batch comes to the user's row.
#[tokio::test]
async fn a_batch_that_waits_for_an_erasure_finds_the_person_erased() {
    let world = World::new().await;
    world.register(0, "u-1", "Ada@example.com").await;
    let mut transaction = world.database.pool.begin().await.unwrap();
    store::erasure::erase(&mut transaction, &PERSON, NOW).await.unwrap().unwrap();
    let events = [renamed(), user_auth("u-1", AuthAction::Login, AuthStatus::Success)];
    let batch = async {
        let outcomes = world.tell(1, &events).await;
        assert_eq!(outcomes, Outcomes { stale: 2, ..Outcomes::default() });
    };
    let commit = async {
        world.until_waiting(1).await;
        transaction.commit().await.unwrap();
    };
    tokio::join!(batch, commit);
    for personal in PERSONAL {
        assert_eq!(traces_of(&world.database, personal).await, [""; 0], "{personal}");
    }
}

/// The letter is parked, and nobody can see that yet, when the person is erased.
#[tokio::test]
async fn a_letter_that_is_being_sent_on_is_erased_where_it_comes_to() {
    let world = World::new().await;
    world.register(0, "u-1", "Ada@example.com").await;
    world.deliver(&[rubbish(10, "u-1", "Ada Lovelace")]).await;
    let letter = world.letter_at(10).await;
    let mut sending = world.database.pool.begin().await.unwrap();
    dead_letters::redrive(&mut sending, &[letter], NOW).await.unwrap();
    let erasure = async {
        let erased = erase(&world).await.unwrap();
        assert_eq!((erased.parked, erased.dead_letters), (1, 1));
    };
    let commit = async {
        world.until_waiting(1).await;
        sending.commit().await.unwrap();
    };
    tokio::join!(erasure, commit);
    assert_eq!(traces_of(&world.database, "Ada Lovelace").await, [""; 0]);
    assert_eq!(parked(&world).await, [""; 0]);
    assert_eq!(world.texts("select state from dead_letters").await, ["discarded"]);
    assert_eq!(world.texts("select topic from blocked_keys").await, [""; 0]);
}

/// The row is written, and nobody can see it yet, when the person is erased.
#[tokio::test]
async fn a_registration_that_is_under_way_is_erased_too() {
    let world = World::new().await;
    world.tell(0, &[system_audit("u-1", "invite", "users/u-1")]).await;
    let mut stopped = world.database.pool.begin().await.unwrap();
    sqlx::query("lock table audit_heads in access exclusive mode").execute(&mut *stopped).await.unwrap();
    let registration = world.register(1, "u-1", "Ada@example.com");
    let erasure = async {
        world.until_waiting(1).await;
        assert!(erase(&world).await.unwrap().is_first);
    };
    let release = async {
        world.until_waiting(2).await;
        stopped.commit().await.unwrap();
    };
    tokio::join!(registration, erasure, release);
    assert_eq!(traces_of(&world.database, "Ada@example.com").await, [""; 0]);
}
