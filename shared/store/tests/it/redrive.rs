use std::time::Duration;

use store::blocked_keys::{self, Queue};
use store::dead_letters::{self, DeadLetter, Filter};
use store::parked_events::{self, Entity, NewlyParked};
use testkit::TestDatabase;
use time::OffsetDateTime;

use crate::NOON;
use crate::repairs::{
    CONSUMER, TOPIC, everything, keep, letter, nothing_is_blocked_in_vain, redrive, redrive_all, sum, texts,
};

async fn park(database: &TestDatabase, offset: i64, awaits: Option<&Entity>, next_try_at: Option<OffsetDateTime>) {
    let mut connection = database.pool.acquire().await.unwrap();
    let queue = Queue::of(TOPIC, 1, offset, Some(b"o-1"));
    blocked_keys::block(&mut connection, CONSUMER, std::slice::from_ref(&queue), NOON).await.unwrap();
    let event = NewlyParked {
        queue,
        partition: 1,
        offset,
        record_time: None,
        key: Some(b"o-1"),
        value: b"waits",
        headers: b"[]".to_vec(),
        event_source: "/orders",
        event_id: &offset.to_string(),
        awaits,
        next_try_at,
    };
    parked_events::insert(&mut connection, CONSUMER, &[event], NOON).await.unwrap();
}

async fn all(database: &TestDatabase) -> Vec<i64> {
    dead_letters::find_open(&mut database.pool.acquire().await.unwrap(), &Filter::default()).await.unwrap()
}

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
        let again = [(chunk[0], "invalid-data", "still not a number")];
        dead_letters::reopen(&mut database.pool.acquire().await.unwrap(), &again, NOON).await.unwrap();
    }
    assert_eq!(moved, 30);
    let open = "select record_offset::text from dead_letters where state = 'open' order by dead_letters.record_offset";
    assert_eq!(texts(&database.pool, open).await, ["1", "11", "21", "100", "101", "102"]);
}

#[tokio::test]
async fn a_redriven_record_is_at_its_place_ahead_of_what_waits_behind_and_due_now() {
    let database = TestDatabase::new().await;
    let later = NOON + time::Duration::minutes(1);
    park(&database, 5, Some(&Entity::new("order", "o-1")), Some(later)).await;
    park(&database, 9, None, None).await;
    keep(&database, &[letter(Some(b"o-1"), 7), letter(Some(b"o-1"), 3), letter(Some(b"another"), 1)]).await;
    assert_eq!(redrive_all(&database.pool, 10).await, 3);
    let mut connection = database.pool.acquire().await.unwrap();
    let queue = Queue::of(TOPIC, 1, 0, Some(b"o-1"));
    let due = parked_events::due(&mut connection, CONSUMER, NOON, 10).await.unwrap();
    assert!(due.contains(&queue), "{due:?}");
    let loaded = parked_events::load(&mut connection, CONSUMER, &[queue], 10, 10).await.unwrap();
    let read: Vec<_> = loaded
        .iter()
        .map(|event| (event.offset, event.dead_letter_id.is_some(), event.in_inbox, event.tries))
        .collect();
    assert_eq!(read, [(3, true, true, 0), (5, false, true, 0), (7, true, true, 0), (9, false, true, 0)]);
    nothing_is_blocked_in_vain(&database.pool).await;
}

/// However the numbers came about: where a long list is cut must not turn a key around.
#[tokio::test]
async fn letters_are_sent_on_in_the_order_of_their_places_and_not_of_their_numbers() {
    let database = TestDatabase::new().await;
    for offset in [9, 2, 7, 4] {
        keep(&database, &[letter(Some(b"a"), offset)]).await;
    }
    for (sent, id) in all(&database).await.into_iter().enumerate() {
        redrive(&database.pool, &[id]).await;
        let offsets = texts(&database.pool, "select record_offset::text from parked_events order by parked_id").await;
        assert_eq!(offsets, ["2", "4", "7", "9"][..=sent]);
    }
}

#[tokio::test]
async fn the_inbox_follows_the_record_that_it_was_written_for_and_no_other_of_the_same_event() {
    let database = TestDatabase::new().await;
    // Kept before there was an inbox: the same event, at another place.
    let early = DeadLetter { event_id: Some("8".to_owned()), ..letter(Some(b"a"), 4) };
    dead_letters::insert(&mut database.pool.acquire().await.unwrap(), CONSUMER, &[early]).await.unwrap();
    let unreadable = DeadLetter { event_source: None, event_id: None, ..letter(Some(b"a"), 6) };
    keep(&database, &[letter(Some(b"a"), 8), unreadable]).await;
    assert_eq!(redrive_all(&database.pool, 10).await, 3);
    let parked = "select record_offset || ' ' || coalesce(event_source || event_id, '-') from parked_events order by record_offset";
    assert_eq!(texts(&database.pool, parked).await, ["4 -", "6 -", "8 /orders8"]);
    assert_eq!(texts(&database.pool, "select event_id || ' ' || state from inbox").await, ["8 parked"]);
}

#[tokio::test]
async fn an_event_that_took_effect_another_way_is_left_to_be_told_a_duplicate() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"a"), 8)]).await;
    sqlx::query("update inbox set state = 'applied'").execute(&database.pool).await.unwrap();
    assert_eq!(redrive_all(&database.pool, 10).await, 1);
    assert_eq!(texts(&database.pool, "select state from inbox").await, ["applied"]);
    assert_eq!(texts(&database.pool, "select 'x' from parked_events where event_id is null").await, ["x"]);
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

#[tokio::test]
async fn bytes_of_any_kind_are_found_shown_and_sent_on_as_they_are() {
    let database = TestDatabase::new().await;
    let hostile = [0x00, 0xff, 0xc3, 0x28, b'\'', b'\\', 0x00];
    let large: Vec<u8> = (0..900_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    // Longer than an index takes.
    let long = &large[..4000];
    let keys: [Option<&[u8]>; 5] = [None, Some(b""), Some(&hostile), Some(b"plain"), Some(long)];
    let values: [&[u8]; 5] = [b"", &hostile, &large, b"\0", b"long"];
    let letters: Vec<DeadLetter> = (0..5)
        .map(|n| DeadLetter {
            value: Some(values[n].to_vec()),
            headers: hostile.to_vec(),
            ..letter(keys[n], i64::try_from(n).unwrap())
        })
        .collect();
    keep(&database, &letters).await;
    let ids = all(&database).await;
    let mut connection = database.pool.acquire().await.unwrap();
    let by_key = Filter { key: Some(hostile.to_vec()), ..Filter::default() };
    assert_eq!(dead_letters::find_open(&mut connection, &by_key).await.unwrap(), [ids[2]]);
    for (n, id) in ids.iter().enumerate() {
        let shown = dead_letters::show(&mut connection, *id).await.unwrap().unwrap();
        assert!(shown.value.as_deref() == Some(values[n]) && shown.key.as_deref() == keys[n], "{n}");
        assert_eq!(shown.inbox_state.as_deref(), Some("dead_lettered"));
    }
    assert_eq!(redrive(&database.pool, &ids).await, 5);
    let same = "select parked.record_offset::text from parked_events as parked
                join dead_letters as letter using (dead_letter_id)
                where (parked.key, parked.value, parked.headers, parked.record_time)
                    is not distinct from (letter.key, letter.value, letter.headers, letter.record_time)
                order by 1";
    assert_eq!(texts(&database.pool, same).await, ["0", "1", "2", "3", "4"]);
    let queues =
        texts(&database.pool, "select encode(queue, 'hex') from blocked_keys where length(queue) < 20 order by queue")
            .await;
    assert_eq!(queues, ["2d000000010000000000000000", "6b", "6b00ffc328275c00", "6b706c61696e"]);
    nothing_is_blocked_in_vain(&database.pool).await;
    assert!(dead_letters::show(&mut connection, ids[2]).await.unwrap().unwrap().parked_id.is_some());
}
