//! What comes late, or is under way while somebody is erased.

use consumer::Outcomes;
use events::{AuthAction, AuthStatus};
use store::dead_letters;
use testkit::{sqlx, system_audit, traces_of, user_auth, user_registered};

use super::{PERSON, PERSONAL, erase, known_everywhere, parked, renamed, rubbish};
use crate::world::{NOW, World};

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
