use std::collections::HashSet;
use std::time::Duration;

use events::CLOUDEVENTS_JSON;
use kafka::{Fate, OrderedPublisher, Outcome, Record};
use store::outbox::{Failure, Row};
use store::{PgConnection, PgPool};
use tokio::time::Instant;

/// How a chunk is drained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Rows at most.
    pub rows: i64,
    /// How long somebody else's lock is waited for; zero: not at all.
    pub lock: Duration,
    /// How long Kafka may take.
    pub publish: Duration,
    /// When all must be done.
    pub until: Instant,
}

/// Bytes of a chunk: what an environment holds in memory.
const BYTES: i64 = 8_000_000;
/// With less time than this a run would only look as if Kafka were away.
const LEAST: Duration = Duration::from_millis(40);
/// How long a transaction may take beside waiting and publishing.
const MARGIN: Duration = Duration::from_secs(2);

/// What became of a chunk.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Somebody else has the shard, or no time is left.
    Busy,
    /// Nothing is to be published.
    Empty,
    /// These rows were tried.
    Tried(Tried),
}

/// What became of rows that were tried.
#[derive(Debug)]
pub(crate) struct Tried {
    /// Whether more may have stood behind them: there were as many rows, or nearly as many bytes, as a chunk takes.
    pub is_full: bool,
    pub published: u64,
    pub refused: u64,
    /// Why Kafka did not answer for all of them, where it did not.
    pub unavailable: Option<String>,
}

/// Publishes the first rows of a shard, in one transaction that holds the shard's lock, and removes those that were
/// acknowledged.
pub(crate) async fn drain_chunk(
    pool: &PgPool,
    publisher: &OrderedPublisher,
    shard: i16,
    limits: Limits,
) -> Result<Chunk, store::Error> {
    let mut transaction = store::outbox::begin(pool, limits.lock + limits.publish + MARGIN).await?;
    let is_mine = if limits.lock.is_zero() {
        store::outbox::try_lock(&mut transaction, shard).await?
    } else {
        store::outbox::wait_for_lock(&mut transaction, shard, limits.lock).await?
    };
    let within = limits.publish.min(limits.until.saturating_duration_since(Instant::now()));
    if !is_mine || within < LEAST {
        return Ok(Chunk::Busy);
    }
    let rows = store::outbox::take(&mut transaction, shard, (limits.rows, BYTES)).await?;
    if rows.is_empty() {
        return Ok(Chunk::Empty);
    }
    let (fates, unavailable) = publish(publisher, &rows, within).await;
    let (sent, refused) = settle(&mut transaction, &rows, &fates).await?;
    transaction.commit().await?;
    let is_full = is_full(&rows, limits.rows);
    Ok(Chunk::Tried(Tried { is_full, published: sent, refused, unavailable }))
}

fn is_full(rows: &[Row], most: i64) -> bool {
    let is_below = |count: usize, most: i64| i64::try_from(count).is_ok_and(|count| count < most);
    !is_below(rows.len(), most) || !is_below(rows.iter().map(|row| row.payload.len()).sum(), BYTES / 2)
}

/// Publishes the rows, those of keys that were refused before apart from the others.
async fn publish(publisher: &OrderedPublisher, rows: &[Row], within: Duration) -> (Vec<Fate>, Option<String>) {
    let deadline = Instant::now() + within;
    let headers = [("content-type".to_owned(), CLOUDEVENTS_JSON.as_bytes().to_vec())];
    let mut fates = vec![Fate::Waits; rows.len()];
    for is_retry in [false, true] {
        let places: Vec<usize> = (0..rows.len()).filter(|place| rows[*place].is_retry == is_retry).collect();
        let records: Vec<Record<'_>> = places.iter().map(|place| record(&rows[*place], &headers)).collect();
        let left = deadline.saturating_duration_since(Instant::now());
        let Outcome { fates: of_these, unavailable, .. } = match is_retry {
            _ if records.is_empty() => continue,
            false => publisher.publish(&records, left).await,
            true => publisher.publish_one_by_one(&records, left).await,
        };
        for (place, fate) in places.into_iter().zip(of_these) {
            fates[place] = fate;
        }
        if unavailable.is_some() {
            return (fates, unavailable);
        }
    }
    (fates, None)
}

fn record<'a>(row: &'a Row, headers: &'a [(String, Vec<u8>)]) -> Record<'a> {
    Record { topic: &row.topic, key: Some(row.key.as_bytes()), value: Some(&row.payload), headers }
}

/// Removes what was acknowledged, stops keys that were refused, and lets go on which were stopped before. Says how many rows were
/// published, and refused.
async fn settle(connection: &mut PgConnection, rows: &[Row], fates: &[Fate]) -> Result<(u64, u64), store::Error> {
    let (mut acknowledged, mut failures, mut freed) = (Vec::new(), Vec::new(), HashSet::new());
    for (row, fate) in rows.iter().zip(fates) {
        match fate {
            Fate::Acknowledged => {
                acknowledged.push(row.seq);
                if row.is_retry {
                    freed.insert((row.topic.as_str(), row.key.as_str()));
                }
            }
            Fate::Refused(refusal) => {
                let error = refusal.reason.as_str();
                failures.push(Failure { topic: &row.topic, key: &row.key, seq: row.seq, error });
            }
            Fate::Waits => {}
        }
    }
    if !acknowledged.is_empty() {
        store::outbox::delete(connection, &acknowledged).await?;
    }
    if !freed.is_empty() {
        store::outbox::clear_failures(connection, &freed.into_iter().collect::<Vec<_>>()).await?;
    }
    if !failures.is_empty() {
        store::outbox::record_failures(connection, &failures).await?;
    }
    for failure in &failures {
        tracing::warn!(
            outbox.seq = failure.seq,
            kafka.topic = failure.topic,
            kafka.key = failure.key,
            error.message = failure.error,
            "Kafka refuses an event of the outbox; its key waits"
        );
    }
    Ok((acknowledged.len() as u64, failures.len() as u64))
}
