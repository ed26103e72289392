//! What a redrive parks, where, and what the inbox says then.

use store::blocked_keys::{self, Queue};
use store::dead_letters::{self, DeadLetter, Filter};
use store::parked_events::{self, Entity, NewlyParked};
use testkit::TestDatabase;
use time::OffsetDateTime;

use crate::NOON;
use crate::repairs::{CONSUMER, TOPIC, all, keep, letter, nothing_is_blocked_in_vain, redrive, redrive_all, texts};

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
