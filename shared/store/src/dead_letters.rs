//! `dead_letters`: records that can never succeed, with all that is needed to look into them.

mod find;
mod redrive;
mod show;
mod tried;

use std::collections::HashSet;

use sqlx::PgConnection;
use time::OffsetDateTime;

pub use find::{Count, Filter, Found, Open, counts, find, find_first_open, find_open};
pub use redrive::{Reason, Tally, count_discardable, count_redrivable, discard, redrive};
pub use show::{Listed, Shown, load, show};
pub use tried::{FailedAgain, close, reopen};

/// A record that can never succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it came from.
    pub topic: String,
    /// Where it came from.
    pub partition: i32,
    /// Where it came from.
    pub offset: i64,
    /// The record's own timestamp.
    pub record_time: Option<OffsetDateTime>,
    /// The key, as bytes.
    pub key: Option<Vec<u8>>,
    /// The value, as bytes.
    pub value: Option<Vec<u8>>,
    /// The headers in their order, as a JSON array of `[name, value in base64]`.
    pub headers: Vec<u8>,
    /// The `source` attribute, where it could be read.
    pub event_source: Option<String>,
    /// The `id` attribute, where it could be read.
    pub event_id: Option<String>,
    /// A short name of the kind of error.
    pub error_class: &'static str,
    /// What is wrong with it.
    pub error: String,
    /// How often it was delivered.
    pub attempts: i32,
}

/// A dead letter, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLetter {
    /// Its number here.
    pub dead_letter_id: i64,
    /// Where the record came from.
    pub topic: String,
    /// Where the record came from.
    pub partition: i32,
    /// Where the record came from.
    pub offset: i64,
    /// The key, as bytes.
    pub key: Option<Vec<u8>>,
    /// The value, as bytes.
    pub value: Option<Vec<u8>>,
    /// The headers in their order, as a JSON array of `[name, value in base64]`.
    pub headers: Vec<u8>,
    /// The `id` attribute, where it could be read.
    pub event_id: Option<String>,
    /// A short name of the kind of error.
    pub error_class: String,
    /// What is wrong with it.
    pub error: String,
}

/// The dead letters of a consumer in the order of their places.
pub async fn list(connection: &mut PgConnection, consumer: &str) -> sqlx::Result<Vec<KeptLetter>> {
    sqlx::query_as!(
        KeptLetter,
        r#"select dead_letter_id, topic, partition, record_offset as "offset", key, value, headers, event_id, error_class, error
           from dead_letters where consumer = $1 order by topic, partition, record_offset, dead_letter_id"#,
        consumer
    )
    .fetch_all(connection)
    .await
}

/// The longest text about a record that is kept, in bytes.
const TEXT_LIMIT: usize = 2000;

/// Keeps the records, and gives topic, partition and offset of those that were not kept already.
pub async fn insert(
    connection: &mut PgConnection,
    consumer: &str,
    letters: &[DeadLetter],
) -> sqlx::Result<Vec<(String, i32, i64)>> {
    // One statement changes a row once.
    let mut seen = HashSet::new();
    let record = |letter: &&DeadLetter| (letter.topic.clone(), letter.partition, letter.offset, letter.value.clone());
    let letters: Vec<&DeadLetter> = letters.iter().filter(|letter| seen.insert(record(letter))).collect();
    let some = |column: fn(&DeadLetter) -> Option<&str>| {
        letters.iter().map(|letter| column(letter).map(storable)).collect::<Vec<Option<String>>>()
    };
    let bytes = |column: fn(&DeadLetter) -> Option<&[u8]>| {
        letters.iter().map(|letter| column(letter)).collect::<Vec<Option<&[u8]>>>()
    };
    let kept = sqlx::query!(
        r#"insert into dead_letters (
             consumer, topic, partition, record_offset, record_time, key, value, headers, event_source, event_id, error_class,
             error, attempts
         )
         select $1, * from unnest(
             $2::text[], $3::int[], $4::bigint[], $5::timestamptz[], $6::bytea[], $7::bytea[], $8::bytea[], $9::text[],
             $10::text[], $11::text[], $12::text[], $13::int[]
         )
         on conflict on constraint dead_letters_record_key do update
         set event_source = coalesce(dead_letters.event_source, excluded.event_source),
             event_id = coalesce(dead_letters.event_id, excluded.event_id)
         returning topic, partition, record_offset, (xmax = 0) as "is_new!""#,
        consumer,
        &letters.iter().map(|letter| letter.topic.as_str()).collect::<Vec<_>>() as &[&str],
        &letters.iter().map(|letter| letter.partition).collect::<Vec<_>>(),
        &letters.iter().map(|letter| letter.offset).collect::<Vec<_>>(),
        &letters.iter().map(|letter| letter.record_time).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
        &bytes(|letter| letter.key.as_deref()) as &[Option<&[u8]>],
        &bytes(|letter| letter.value.as_deref()) as &[Option<&[u8]>],
        &letters.iter().map(|letter| letter.headers.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &some(|letter| letter.event_source.as_deref()) as &[Option<String>],
        &some(|letter| letter.event_id.as_deref()) as &[Option<String>],
        &letters.iter().map(|letter| letter.error_class).collect::<Vec<_>>() as &[&str],
        &letters.iter().map(|letter| storable(&letter.error)).collect::<Vec<_>>(),
        &letters.iter().map(|letter| letter.attempts).collect::<Vec<_>>(),
    )
    .fetch_all(connection)
    .await?;
    let new = kept.into_iter().filter(|row| row.is_new);
    Ok(new.map(|row| (row.topic, row.partition, row.record_offset)).collect())
}

/// What is said about a record may quote it, so that it can have any length and any character.
pub(crate) fn storable(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(TEXT_LIMIT)];
    let mut stored = cut.replace('\0', "\u{fffd}");
    stored.truncate(stored.floor_char_boundary(TEXT_LIMIT));
    stored
}
