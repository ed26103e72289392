//! `parked_events`: events that may succeed later. Every function here wants the queues' rows in `blocked_keys` locked.

mod waiting;
mod write;

use std::borrow::Cow;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::blocked_keys::{Queue, columns};

pub use waiting::{Waiting, waiting};
pub use write::{NewlyParked, TriedAgain, insert, postpone, postpone_queue, remove, stand_behind, tried_again};

/// A row that an event makes, and others may need.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// What it is, such as `order`.
    pub kind: Cow<'static, str>,
    /// Which one.
    pub id: String,
}

impl Entity {
    /// A row of this kind.
    #[must_use]
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind: Cow::Borrowed(kind), id: id.into() }
    }

    pub(crate) fn stored(kind: Option<String>, id: Option<String>) -> Option<Self> {
        Some(Self { kind: Cow::Owned(kind?), id: id? })
    }
}

/// A parked event that is not only behind another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its number.
    pub parked_id: i64,
    /// The queue it is in.
    pub queue: Queue,
    /// What it waits for; nothing where it can be tried at once.
    pub awaits: Option<Entity>,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
    /// When it is to be looked at.
    pub next_try_at: OffsetDateTime,
    /// How often it was tried.
    pub tries: i32,
}

/// A parked event, with the record that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// Its number.
    pub parked_id: i64,
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
    pub value: Vec<u8>,
    /// The headers in their order, as a JSON array of `[name, value in base64]`.
    pub headers: Vec<u8>,
    /// Whether its row in the inbox is its own.
    pub in_inbox: bool,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
    /// How often it was tried.
    pub tries: i32,
    /// The dead letter that it was.
    pub dead_letter_id: Option<i64>,
}

/// Queues of which something is to be looked at now, longest overdue first.
pub async fn due(
    connection: &mut PgConnection,
    consumer: &str,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Queue>> {
    sqlx::query_as!(
        Queue,
        r#"select distinct topic as "topic!", queue as "queue!" from (
               select topic, queue from parked_events
               where consumer = $1 and next_try_at <= $2 order by next_try_at limit 5 * $3::bigint
           ) as longest limit $3::bigint"#,
        consumer,
        now,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Queues of which something waits for one of these rows: so many at most. The others have their own times.
pub async fn awaiting(
    connection: &mut PgConnection,
    consumer: &str,
    entities: &[Entity],
    limit: i64,
) -> sqlx::Result<Vec<Queue>> {
    sqlx::query_as!(
        Queue,
        "select distinct topic, queue from parked_events
         where consumer = $1 and (awaits_kind, awaits_id) in (select * from unnest($2::text[], $3::text[]))
         limit $4",
        consumer,
        &entities.iter().map(|entity| &*entity.kind).collect::<Vec<_>>() as &[&str],
        &entities.iter().map(|entity| entity.id.as_str()).collect::<Vec<_>>() as &[&str],
        limit,
    )
    .fetch_all(connection)
    .await
}

/// What is to be looked at of these queues, now or later: the first of each queue, so many.
pub async fn tried(
    connection: &mut PgConnection,
    consumer: &str,
    queues: &[Queue],
    of_each: i64,
) -> sqlx::Result<Vec<Tried>> {
    let (topics, queues) = columns(queues);
    let rows = sqlx::query!(
        r#"select parked_id, tried.topic as "topic!", tried.queue as "queue!", awaits_kind, awaits_id, parked_at,
               next_try_at as "next_try_at!", tries
           from unnest($2::text[], $3::bytea[]) as asked (topic, queue)
           cross join lateral (
               select * from parked_events as parked
               where parked.consumer = $1 and parked.topic = asked.topic and parked.queue = asked.queue
               and parked.next_try_at is not null
               order by partition, record_offset, parked_id limit $4
           ) as tried"#,
        consumer,
        &topics as &[&str],
        &queues as &[&[u8]],
        of_each,
    )
    .fetch_all(connection)
    .await?;
    let tried = rows.into_iter().map(|row| Tried {
        parked_id: row.parked_id,
        queue: Queue { topic: row.topic, queue: row.queue },
        awaits: Entity::stored(row.awaits_kind, row.awaits_id),
        parked_at: row.parked_at,
        next_try_at: row.next_try_at,
        tries: row.tries,
    });
    Ok(tried.collect())
}

/// The first events of each queue, in the order of partition and offset: so many of one queue, and so many in all; and no more
/// than 8 MB, but for the first.
pub async fn load(
    connection: &mut PgConnection,
    consumer: &str,
    queues: &[Queue],
    of_each: i64,
    in_all: i64,
) -> sqlx::Result<Vec<ParkedEvent>> {
    let (topics, queues) = columns(queues);
    sqlx::query_file_as!(
        ParkedEvent,
        "queries/load_parked_events.sql",
        consumer,
        &topics as &[&str],
        &queues as &[&[u8]],
        of_each,
        in_all
    )
    .fetch_all(connection)
    .await
}

/// These events, in the order of partition and offset within a queue.
pub async fn load_some(connection: &mut PgConnection, parked_ids: &[i64]) -> sqlx::Result<Vec<ParkedEvent>> {
    sqlx::query_as!(
        ParkedEvent,
        r#"select parked_id, topic, partition, record_offset as "offset", record_time, key, value, headers,
               event_id is not null as "in_inbox!", parked_at, tries, dead_letter_id
           from parked_events where parked_id = any($1)
           order by topic, queue, partition, record_offset, parked_id"#,
        parked_ids
    )
    .fetch_all(connection)
    .await
}
