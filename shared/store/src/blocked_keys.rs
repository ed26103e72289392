//! `blocked_keys`: queues of which something is parked. Whoever parks or releases something holds the lock of the queue's row, and
//! takes locks in the order of the primary key.

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// What keeps its order: the events of one key of a topic. One without a key is a queue of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Queue {
    /// The topic.
    pub topic: String,
    /// The byte `k` and the key, or `h` and the SHA-256 of a long one; without a key `-`, the partition and the offset.
    pub queue: Vec<u8>,
}

/// The longest key, in bytes, that an index is given as it is: it takes no more than 2,700 in a row, and a record may have any key.
const LONG_KEY: usize = 256;

impl Queue {
    /// The queue of a record.
    #[must_use]
    pub fn of(topic: &str, partition: i32, offset: i64, key: Option<&[u8]>) -> Self {
        let queue = match key {
            Some(key) if key.len() <= LONG_KEY => [b"k", key].concat(),
            Some(key) => [b"h", Sha256::digest(key).as_slice()].concat(),
            None => [b"-".as_slice(), &partition.to_be_bytes(), &offset.to_be_bytes()].concat(),
        };
        Self { topic: topic.to_owned(), queue }
    }
}

/// The two columns of queues, in key order.
pub(crate) fn columns(queues: &[Queue]) -> (Vec<&str>, Vec<&[u8]>) {
    let mut sorted: Vec<&Queue> = queues.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.iter().map(|queue| (queue.topic.as_str(), queue.queue.as_slice())).unzip()
}

/// Whether anything at all is parked for the consumer.
pub async fn any(connection: &mut PgConnection, consumer: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from blocked_keys where consumer = $1) as "any!""#, consumer)
        .fetch_one(connection)
        .await
}

/// Locks those of the queues that are blocked, waiting for whoever holds them, and says which they are.
pub async fn lock(connection: &mut PgConnection, consumer: &str, queues: &[Queue]) -> sqlx::Result<Vec<Queue>> {
    let (topics, queues) = columns(queues);
    sqlx::query_as!(
        Queue,
        "select topic, queue from blocked_keys
         where consumer = $1 and (topic, queue) in (select * from unnest($2::text[], $3::bytea[]))
         order by topic, queue for update",
        consumer,
        &topics as &[&str],
        &queues as &[&[u8]],
    )
    .fetch_all(connection)
    .await
}

/// The same, without those that somebody holds: for one who holds other locks already.
pub async fn lock_free(connection: &mut PgConnection, consumer: &str, queues: &[Queue]) -> sqlx::Result<Vec<Queue>> {
    let (topics, queues) = columns(queues);
    sqlx::query_as!(
        Queue,
        "select topic, queue from blocked_keys
         where consumer = $1 and (topic, queue) in (select * from unnest($2::text[], $3::bytea[]))
         order by topic, queue for update skip locked",
        consumer,
        &topics as &[&str],
        &queues as &[&[u8]],
    )
    .fetch_all(connection)
    .await
}

/// Blocks the queues that are not, and locks all of them.
pub async fn block(
    connection: &mut PgConnection,
    consumer: &str,
    queues: &[Queue],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (topics, queues) = columns(queues);
    // An update that changes nothing: it waits for one who is about to release the queue, and then makes the row anew.
    sqlx::query!(
        "insert into blocked_keys (consumer, blocked_at, topic, queue)
         select $1, $2, * from unnest($3::text[], $4::bytea[])
         on conflict on constraint blocked_keys_pkey do update set blocked_at = blocked_keys.blocked_at",
        consumer,
        now,
        &topics as &[&str],
        &queues as &[&[u8]],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Releases those of the queues, all locked, of which nothing is parked any more; of the others, what is first now is looked at
/// next, where it stood behind something.
pub async fn settle(
    connection: &mut PgConnection,
    consumer: &str,
    queues: &[Queue],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (topics, queues) = columns(queues);
    sqlx::query_file!("queries/wake_first_parked_events.sql", consumer, &topics as &[&str], &queues as &[&[u8]], now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "delete from blocked_keys
         where consumer = $1 and (topic, queue) in (select * from unnest($2::text[], $3::bytea[]))
         and not exists (
             select from parked_events as parked
             where parked.consumer = $1 and parked.topic = blocked_keys.topic and parked.queue = blocked_keys.queue
         )",
        consumer,
        &topics as &[&str],
        &queues as &[&[u8]],
    )
    .execute(connection)
    .await
    .map(drop)
}
