use store::dead_letters::{self, Reason};
use store::housekeeping;
use store::inbox::{self, Receipt, State};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;
use crate::repairs::{CONSUMER, all, keep, letter, texts};

#[tokio::test]
async fn rows_of_the_inbox_that_are_not_settled_stay_however_old() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let states = [State::Applied, State::Stale, State::Parked, State::DeadLettered];
    for (days, age) in [(40, "old"), (30, "new")] {
        for state in states {
            let event_id = format!("{age} {}", state.name());
            let receipt = Receipt { source: "/s", event_id: &event_id, topic: "t", partition: 0, offset: 1 };
            inbox::claim(&mut connection, "c", &[receipt], state, NOON - Duration::days(days)).await.unwrap();
        }
    }
    let before = NOON - Duration::days(35);
    assert_eq!(housekeeping::remove_inbox_rows(&mut connection, before, 1).await.unwrap(), 1);
    assert_eq!(housekeeping::remove_inbox_rows(&mut connection, before, 10).await.unwrap(), 1);
    assert_eq!(housekeeping::remove_inbox_rows(&mut connection, before, 10).await.unwrap(), 0);
    let left = texts(&database.pool, "select event_id from inbox order by event_id").await;
    assert_eq!(
        left,
        ["new applied", "new dead_lettered", "new parked", "new stale", "old dead_lettered", "old parked"]
    );
}

#[tokio::test]
async fn dead_letters_are_kept_until_long_after_they_were_settled() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    keep(&database, &(0..4).map(|offset| letter(Some(b"a"), offset)).collect::<Vec<_>>()).await;
    let ids = all(&database).await;
    let reason = Reason::new("ours").unwrap();
    let long_ago = NOON - Duration::days(40);
    dead_letters::discard(&mut connection, &ids[..1], &reason, long_ago).await.unwrap();
    dead_letters::discard(&mut connection, &ids[1..2], &reason, NOON).await.unwrap();
    dead_letters::redrive(&mut connection, &ids[2..3], long_ago).await.unwrap();
    let before = NOON - Duration::days(35);
    assert_eq!(housekeeping::remove_dead_letters(&mut connection, before, 10).await.unwrap(), 1);
    assert_eq!(housekeeping::remove_dead_letters(&mut connection, before, 10).await.unwrap(), 0);
    let left = texts(&database.pool, "select record_offset || ' ' || state from dead_letters order by 1").await;
    assert_eq!(left, ["1 discarded", "2 redriven", "3 open"]);
}

#[tokio::test]
async fn what_another_holds_is_left_to_it_and_not_waited_for() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    for offset in 0..3_u8 {
        let event_id = offset.to_string();
        let receipt = Receipt { source: "/s", event_id: &event_id, topic: "t", partition: 0, offset: 1 };
        inbox::claim(&mut connection, CONSUMER, &[receipt], State::Applied, NOON).await.unwrap();
    }
    let mut writer = database.pool.begin().await.unwrap();
    inbox::set_states(&mut writer, CONSUMER, &[("/s", "1", State::Stale)]).await.unwrap();
    let before = NOON + Duration::SECOND;
    assert_eq!(housekeeping::remove_inbox_rows(&mut connection, before, 10).await.unwrap(), 2);
    writer.commit().await.unwrap();
    assert_eq!(housekeeping::remove_inbox_rows(&mut connection, before, 10).await.unwrap(), 1);
}
