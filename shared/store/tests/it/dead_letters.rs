use sqlx::Row;
use store::dead_letters::{self, DeadLetter, Filter, Open};
use testkit::TestDatabase;

use crate::NOON;

const CONSUMER: &str = "click-consumer";

fn letter(offset: i64, value: &[u8]) -> DeadLetter {
    DeadLetter {
        topic: "link.clicks".to_owned(),
        partition: 3,
        offset,
        record_time: Some(NOON),
        key: Some(b"abc".to_vec()),
        value: Some(value.to_vec()),
        headers: b"[]".to_vec(),
        event_source: Some("redirect".to_owned()),
        event_id: Some("1".to_owned()),
        error_class: "malformed",
        error: "is no JSON".to_owned(),
        attempts: 1,
    }
}

async fn kept(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from dead_letters").fetch_one(&database.pool).await.unwrap()
}

#[tokio::test]
async fn a_record_delivered_again_is_kept_once() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let letters = [letter(7, b"rubbish"), letter(8, b"rubbish"), letter(7, b"rubbish")];
    assert_eq!(dead_letters::insert(&mut connection, CONSUMER, &letters).await.unwrap().len(), 2);
    assert_eq!(dead_letters::insert(&mut connection, CONSUMER, &letters).await.unwrap().len(), 0);
    assert_eq!(kept(&database).await, 2);
}

#[tokio::test]
async fn other_bytes_at_the_same_offset_are_another_record() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    dead_letters::insert(&mut connection, CONSUMER, &[letter(7, b"rubbish")]).await.unwrap();
    let made_anew = [letter(7, b"of a topic made anew")];
    assert_eq!(dead_letters::insert(&mut connection, CONSUMER, &made_anew).await.unwrap().len(), 1);
    assert_eq!(dead_letters::insert(&mut connection, "another-consumer", &made_anew).await.unwrap().len(), 1);
    assert_eq!(kept(&database).await, 3);
}

#[tokio::test]
async fn bytes_of_any_kind_are_kept_as_they_are() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let bytes = [0x00, 0xff, 0xc3, 0x28, b'\'', b'\\', 0x00];
    let letter = DeadLetter { key: Some(bytes.to_vec()), headers: bytes.to_vec(), ..letter(7, &bytes) };
    dead_letters::insert(&mut connection, CONSUMER, &[letter]).await.unwrap();
    let row = sqlx::query("select key, value, headers from dead_letters").fetch_one(&database.pool).await.unwrap();
    for column in ["key", "value", "headers"] {
        assert_eq!(row.get::<Vec<u8>, _>(column), bytes, "{column}");
    }
}

#[tokio::test]
async fn a_record_without_anything_is_kept() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let bare =
        DeadLetter { key: None, value: None, record_time: None, event_source: None, event_id: None, ..letter(7, b"") };
    dead_letters::insert(&mut connection, CONSUMER, &[bare, letter(8, b"rubbish")]).await.unwrap();
    let absent: i64 = sqlx::query_scalar(
        "select count(*) from dead_letters
         where num_nulls(key, value, record_time, event_source, event_id) = 5 and record_offset = 7",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!((absent, kept(&database).await), (1, 2));
}

#[tokio::test]
async fn no_text_about_a_record_makes_it_unkeepable() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let hostile = format!("quotes \0 and {}", "é".repeat(100_000));
    let letter = DeadLetter {
        error: hostile.clone(),
        event_source: Some(hostile.clone()),
        event_id: Some(hostile.clone()),
        ..letter(7, b"rubbish")
    };
    dead_letters::insert(&mut connection, CONSUMER, &[letter]).await.unwrap();
    let (error, source, id): (String, String, String) =
        sqlx::query_as("select error, event_source, event_id from dead_letters")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    for text in [error, source, id] {
        assert!(text.starts_with("quotes \u{fffd} and é"), "{text:.40}");
        assert!((1990..=2000).contains(&text.len()), "{} bytes", text.len());
    }
}

#[tokio::test]
async fn a_value_as_large_as_kafka_takes_is_kept_whole() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let value: Vec<u8> = (0..6_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    dead_letters::insert(&mut connection, CONSUMER, &[letter(7, &value)]).await.unwrap();
    let back: Vec<u8> = sqlx::query_scalar("select value from dead_letters").fetch_one(&database.pool).await.unwrap();
    assert!(back == value);
}

#[tokio::test]
async fn the_first_that_are_open_are_those_of_the_first_places_and_all_are_counted() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let letters: Vec<_> = [5, 3, 4, 1, 2].map(|offset| letter(offset, b"rubbish")).into();
    dead_letters::insert(&mut connection, CONSUMER, &letters).await.unwrap();
    sqlx::query("update dead_letters set state = 'discarded', resolved_at = now() where record_offset = 2")
        .execute(&mut *connection)
        .await
        .unwrap();
    let in_place: Vec<i64> = sqlx::query_scalar("select dead_letter_id from dead_letters order by record_offset")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let first = dead_letters::find_first_open(&mut connection, &Filter::default(), 2).await.unwrap();
    assert_eq!(first, Open { ids: vec![in_place[0], in_place[2]], matching: 4 });
    let all = dead_letters::find_open(&mut connection, &Filter::default()).await.unwrap();
    assert_eq!(all, [in_place[0], in_place[2], in_place[3], in_place[4]]);
    let of_nobody = Filter { consumer: Some("another-consumer".to_owned()), ..Filter::default() };
    assert_eq!(dead_letters::find_first_open(&mut connection, &of_nobody, 2).await.unwrap(), Open::default());
}
