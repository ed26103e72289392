use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Entity;
use crate::blocked_keys::Queue;

/// An event that is parked for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewlyParked<'a> {
    /// The queue it is in.
    pub queue: Queue,
    /// Where it came from.
    pub partition: i32,
    /// Where it came from.
    pub offset: i64,
    /// The record's own timestamp.
    pub record_time: Option<OffsetDateTime>,
    /// The key, as bytes.
    pub key: Option<&'a [u8]>,
    /// The value, as bytes.
    pub value: &'a [u8],
    /// The headers in their order, as a JSON array of `[name, value in base64]`.
    pub headers: Vec<u8>,
    /// The `source` attribute.
    pub event_source: &'a str,
    /// The `id` attribute.
    pub event_id: &'a str,
    /// What it waits for; nothing where it stands behind another.
    pub awaits: Option<&'a Entity>,
    /// When it is looked at again; never by itself where it stands behind another.
    pub next_try_at: Option<OffsetDateTime>,
}

/// A parked event that was tried and stays parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedAgain<'a> {
    /// Its number.
    pub parked_id: i64,
    /// The `source` attribute.
    pub event_source: &'a str,
    /// The `id` attribute.
    pub event_id: &'a str,
    /// What it waits for; nothing where it stands behind another.
    pub awaits: Option<&'a Entity>,
    /// When it is looked at again; never by itself where it stands behind another.
    pub next_try_at: Option<OffsetDateTime>,
}

fn kind(entity: Option<&Entity>) -> Option<&str> {
    entity.map(|entity| &*entity.kind)
}

fn id(entity: Option<&Entity>) -> Option<&str> {
    entity.map(|entity| entity.id.as_str())
}

/// Parks events, whose queues are blocked and locked.
pub async fn insert(
    connection: &mut PgConnection,
    consumer: &str,
    events: &[NewlyParked<'_>],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into parked_events (
             consumer, parked_at, tries, topic, queue, partition, record_offset, record_time, key, value, headers, event_source,
             event_id, awaits_kind, awaits_id, next_try_at
         )
         select $1, $2, 0, * from unnest(
             $3::text[], $4::bytea[], $5::int[], $6::bigint[], $7::timestamptz[], $8::bytea[], $9::bytea[], $10::bytea[],
             $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[]
         )",
        consumer,
        now,
        &events.iter().map(|event| event.queue.topic.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.queue.queue.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &events.iter().map(|event| event.partition).collect::<Vec<_>>(),
        &events.iter().map(|event| event.offset).collect::<Vec<_>>(),
        &events.iter().map(|event| event.record_time).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
        &events.iter().map(|event| event.key).collect::<Vec<_>>() as &[Option<&[u8]>],
        &events.iter().map(|event| event.value).collect::<Vec<_>>() as &[&[u8]],
        &events.iter().map(|event| event.headers.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &events.iter().map(|event| event.event_source).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.event_id).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| kind(event.awaits)).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|event| id(event.awaits)).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|event| event.next_try_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Says of events that were tried what they wait for now. Each has its row in the inbox from here on.
pub async fn tried_again(connection: &mut PgConnection, events: &[TriedAgain<'_>]) -> sqlx::Result<()> {
    sqlx::query!(
        "update parked_events
         set tries = parked_events.tries + 1, event_source = again.event_source, event_id = again.event_id,
             awaits_kind = again.awaits_kind, awaits_id = again.awaits_id, next_try_at = again.next_try_at
         from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
             as again (parked_id, event_source, event_id, awaits_kind, awaits_id, next_try_at)
         where parked_events.parked_id = again.parked_id",
        &events.iter().map(|event| event.parked_id).collect::<Vec<_>>(),
        &events.iter().map(|event| event.event_source).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.event_id).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| kind(event.awaits)).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|event| id(event.awaits)).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|event| event.next_try_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Looks at events again only then: what they wait for is not there.
pub async fn postpone(connection: &mut PgConnection, events: &[(i64, OffsetDateTime)]) -> sqlx::Result<()> {
    sqlx::query!(
        "update parked_events set tries = tries + 1, next_try_at = later.next_try_at
         from unnest($1::bigint[], $2::timestamptz[]) as later (parked_id, next_try_at)
         where parked_events.parked_id = later.parked_id",
        &events.iter().map(|(parked_id, _)| *parked_id).collect::<Vec<_>>(),
        &events.iter().map(|(_, then)| *then).collect::<Vec<_>>() as &[OffsetDateTime],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Looks at a queue again only then, whatever it holds.
pub async fn postpone_queue(
    connection: &mut PgConnection,
    consumer: &str,
    queue: &Queue,
    then: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update parked_events set tries = tries + 1, next_try_at = $4
         where consumer = $1 and topic = $2 and queue = $3 and next_try_at < $4",
        consumer,
        queue.topic,
        queue.queue,
        then
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Has events wait for their turn: something of their queue that stands before them waits.
pub async fn stand_behind(connection: &mut PgConnection, parked_ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("update parked_events set next_try_at = null where parked_id = any($1)", parked_ids)
        .execute(connection)
        .await
        .map(drop)
}

/// Removes events that are parked no longer.
pub async fn remove(connection: &mut PgConnection, parked_ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("delete from parked_events where parked_id = any($1)", parked_ids).execute(connection).await.map(drop)
}
