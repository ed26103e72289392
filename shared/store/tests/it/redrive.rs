use std::time::Duration;

use store::blocked_keys::{self, Queue};
use store::dead_letters::{self, DeadLetter};
use store::parked_events;
use testkit::TestDatabase;

use crate::NOON;
use crate::repairs::{
    CONSUMER, TOPIC, all, everything, keep, letter, nothing_is_blocked_in_vain, redrive, redrive_all, sum, texts,
};

#[tokio::test]
async fn redriving_twice_moves_nothing_the_second_time() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"a"), 1), letter(Some(b"a"), 2), letter(None, 3)]).await;
    let ids = all(&database).await;
    assert_eq!(redrive(&database.pool, &ids).await, 3);
    let once = everything(&database.pool).await;
    assert_eq!(redrive(&database.pool, &ids).await, 0);
    assert_eq!(everything(&database.pool).await, once);
    assert_eq!(redrive_all(&database.pool, 10).await, 0);
    nothing_is_blocked_in_vain(&database.pool).await;
}

#[tokio::test]
async fn redrives_at_once_move_each_letter_once_and_never_wait_for_each_other_in_a_circle() {
    let database = TestDatabase::new().await;
    let keys: Vec<Vec<u8>> = (0..40_u8).map(|key| vec![key * 6]).collect();
    let letters: Vec<DeadLetter> = (0..3000)
        .map(|n| letter((n % 41 < 40).then(|| keys[n % 41].as_slice()), 5000 - i64::try_from(n).unwrap()))
        .collect();
    keep(&database, &letters).await;
    let moved = tokio::join!(
        redrive_all(&database.pool, 100),
        redrive_all(&database.pool, 170),
        redrive_all(&database.pool, 900)
    );
    assert_eq!(moved.0 + moved.1 + moved.2, 3000, "{moved:?}");
    let parked = "select count(distinct dead_letter_id) || ' of ' || count(*) from parked_events";
    assert_eq!(texts(&database.pool, parked).await, ["3000 of 3000"]);
    nothing_is_blocked_in_vain(&database.pool).await;
}

#[tokio::test]
async fn a_letter_that_another_sent_on_and_the_consumer_applied_meanwhile_leaves_nothing_blocked() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"a"), 1)]).await;
    let ids = all(&database).await;
    let mut first = database.pool.begin().await.unwrap();
    assert_eq!(sum(&dead_letters::redrive(&mut first, &ids, NOON).await.unwrap()), 1);
    let second = tokio::spawn({
        let (pool, ids) = (database.pool.clone(), ids.clone());
        async move { redrive(&pool, &ids).await }
    });
    let waits = async || {
        let waiting = "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        (texts(&database.pool, waiting).await == ["1"]).then_some(())
    };
    testkit::eventually("the second redrive to wait for the first", Duration::from_secs(10), waits).await;
    let queue = Queue::of(TOPIC, 1, 1, Some(b"a"));
    let parked = parked_events::load(&mut first, CONSUMER, std::slice::from_ref(&queue), 10, 10).await.unwrap();
    parked_events::remove(&mut first, &[parked[0].parked_id]).await.unwrap();
    dead_letters::close(&mut first, &ids, NOON).await.unwrap();
    blocked_keys::settle(&mut first, CONSUMER, &[queue], NOON).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 0);
    nothing_is_blocked_in_vain(&database.pool).await;
    assert_eq!(texts(&database.pool, "select state from dead_letters").await, ["applied"]);
}

#[tokio::test]
async fn failures_that_arrive_during_a_redrive_stay_open() {
    let database = TestDatabase::new().await;
    keep(&database, &(1..=30).map(|offset| letter(Some(b"a"), offset)).collect::<Vec<_>>()).await;
    let ids = all(&database).await;
    let mut moved = 0;
    for (round, chunk) in ids.chunks(10).enumerate() {
        // One more of the same kind and key; and one that was sent on fails again.
        keep(&database, &[letter(Some(b"a"), 100 + i64::try_from(round).unwrap())]).await;
        moved += redrive(&database.pool, chunk).await;
        let again = [dead_letters::FailedAgain {
            dead_letter_id: chunk[0],
            event: None,
            error_class: "invalid-data",
            error: "still not a number",
        }];
        dead_letters::reopen(&mut database.pool.acquire().await.unwrap(), &again, NOON).await.unwrap();
    }
    assert_eq!(moved, 30);
    let open = "select record_offset::text from dead_letters where state = 'open' order by dead_letters.record_offset";
    assert_eq!(texts(&database.pool, open).await, ["1", "11", "21", "100", "101", "102"]);
}

#[tokio::test]
async fn a_letter_without_a_value_stays_open_and_stops_no_other() {
    let database = TestDatabase::new().await;
    keep(&database, &[DeadLetter { value: None, ..letter(Some(b"a"), 1) }, letter(Some(b"b"), 2)]).await;
    let ids = all(&database).await;
    let mut connection = database.pool.acquire().await.unwrap();
    assert_eq!(sum(&dead_letters::count_redrivable(&mut connection, &ids).await.unwrap()), 1);
    assert_eq!(redrive(&database.pool, &ids).await, 1);
    let states = texts(&database.pool, "select state from dead_letters order by record_offset").await;
    assert_eq!(states, ["open", "redriven"]);
    nothing_is_blocked_in_vain(&database.pool).await;
}

#[tokio::test]
async fn counting_what_would_move_changes_nothing_and_says_what_moves() {
    let database = TestDatabase::new().await;
    let other = DeadLetter { error_class: "malformed", ..letter(Some(b"b"), 3) };
    keep(&database, &[letter(Some(b"a"), 1), letter(Some(b"a"), 2), other]).await;
    let ids = all(&database).await;
    let mut connection = database.pool.acquire().await.unwrap();
    let before = everything(&database.pool).await;
    let would = dead_letters::count_redrivable(&mut connection, &ids).await.unwrap();
    assert_eq!(everything(&database.pool).await, before);
    assert_eq!(dead_letters::redrive(&mut connection, &ids, NOON).await.unwrap(), would);
    assert_eq!(would.iter().map(|tally| tally.letters).collect::<Vec<_>>(), [2, 1]);
}
