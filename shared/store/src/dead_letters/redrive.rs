//! Dead letters that a person sends on again, or gives up.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::blocked_keys::{self, Queue};

/// So many dead letters of one consumer and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// The consumer that failed.
    pub consumer: String,
    /// The kind of error.
    pub error_class: String,
    /// So many.
    pub letters: i64,
}

/// Why dead letters are given up; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// A reason, where the text says anything.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = super::storable(text.trim());
        (!text.is_empty()).then_some(Self(text))
    }

    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Those of the dead letters that [`redrive`] would park now.
pub async fn count_redrivable(connection: &mut PgConnection, dead_letter_ids: &[i64]) -> sqlx::Result<Vec<Tally>> {
    sqlx::query_as!(
        Tally,
        r#"select consumer, error_class, count(*) as "letters!" from dead_letters
           where dead_letter_id = any($1) and state = 'open' and value is not null
           group by consumer, error_class order by consumer, error_class"#,
        dead_letter_ids
    )
    .fetch_all(connection)
    .await
}

/// Parks those of the dead letters that are open, due now and at their original places, ahead of what waits behind: their consumer's
/// next batch or tick tries them. One without a value, which cannot be parked, stays open.
///
/// All in one statement, whose locks the caller's transaction holds: a thousand at a time is enough.
pub async fn redrive(
    connection: &mut PgConnection,
    dead_letter_ids: &[i64],
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Tally>> {
    let letters = sqlx::query!(
        r#"select dead_letter_id, consumer, topic, partition, record_offset as "offset", key
           from dead_letters where dead_letter_id = any($1) and state = 'open' and value is not null"#,
        dead_letter_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut going = Vec::with_capacity(letters.len());
    // In the order of the consumers, as in the primary key of what is locked first.
    let mut queues: BTreeMap<String, Vec<Queue>> = BTreeMap::new();
    for letter in letters {
        let queue = Queue::of(&letter.topic, letter.partition, letter.offset, letter.key.as_deref());
        going.push((letter.dead_letter_id, queue.queue.clone()));
        queues.entry(letter.consumer).or_default().push(queue);
    }
    for (consumer, queues) in &queues {
        blocked_keys::block(connection, consumer, queues, now).await?;
    }
    let (ids, columns): (Vec<i64>, Vec<Vec<u8>>) = going.into_iter().unzip();
    let redriven = sqlx::query_file_as!(Tally, "queries/redrive_dead_letters.sql", &ids, &columns, now)
        .fetch_all(&mut *connection)
        .await?;
    // Somebody else may have sent them on meanwhile, and they may be done with: nothing is to stay blocked.
    for (consumer, queues) in &queues {
        blocked_keys::settle(connection, consumer, queues, now).await?;
    }
    Ok(redriven)
}

/// Those of the dead letters that [`discard`] would give up now.
pub async fn count_discardable(connection: &mut PgConnection, dead_letter_ids: &[i64]) -> sqlx::Result<Vec<Tally>> {
    sqlx::query_as!(
        Tally,
        r#"select consumer, error_class, count(*) as "letters!" from dead_letters
           where dead_letter_id = any($1) and state = 'open'
           group by consumer, error_class order by consumer, error_class"#,
        dead_letter_ids
    )
    .fetch_all(connection)
    .await
}

/// Gives up those of the dead letters that are open, for good.
pub async fn discard(
    connection: &mut PgConnection,
    dead_letter_ids: &[i64],
    reason: &Reason,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Tally>> {
    sqlx::query_file_as!(Tally, "queries/discard_dead_letters.sql", dead_letter_ids, reason.0, now)
        .fetch_all(connection)
        .await
}
