use std::time::Duration;

use kafka::OrderedPublisher;
use store::PgPool;
use store::outbox::SHARDS;
use tokio::time::{Instant, timeout};

use crate::chunk::{Chunk, Limits, drain_chunk};

/// What a drain did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Rows that Kafka acknowledged; they are gone.
    pub published: u64,
    /// Rows that Kafka refused; their keys are stopped.
    pub refused: u64,
    /// Whether it ended because Kafka was away or slow.
    pub is_cut_short: bool,
}

/// Rows at a time: for a request, which waits for them, and for the relay, which is after throughput.
const ROWS: (i64, i64) = (100, 1000);
/// How long the relay waits for Kafka with a shard in hand: less than after what time the server ends an idle transaction.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a drain may take beyond its budget where the database hangs.
const GRACE: Duration = Duration::from_millis(300);
/// What a request has where Kafka was away when it was last tried: it finds out whether it is back, and the relay publishes anyway.
const FINDING_OUT: Duration = Duration::from_millis(80);

/// Publishes what waits in these shards: called by the function that wrote there, after its commit. Where somebody else drains a
/// shard at this moment it is waited for; whoever has drained looks again. Never fails: what cannot be published now is left to
/// the relay, and the log says why. Takes no more than the budget, and a little where the database hangs; in an outage that is known
/// nothing, but for the request that finds out whether it is over.
pub async fn drain(pool: &PgPool, publisher: &OrderedPublisher, shards: &[i16], budget: Duration) -> Drained {
    if shards.is_empty() || publisher.is_away() {
        return Drained::default();
    }
    // Who finds out waits for nobody: whoever has the shard finds out as well.
    let (budget, wait) =
        if publisher.was_away() { (budget.min(FINDING_OUT), Duration::ZERO) } else { (budget, budget) };
    let started = Instant::now();
    let look = Look { pool, publisher, until: started + budget, rows: ROWS.0, patience: budget, lock: wait };
    match timeout(budget + GRACE, look.at(shards.to_vec())).await {
        Ok(Ok(drained)) => drained,
        Ok(Err(error)) => {
            tracing::warn!(error.message = %error, "The outbox could not be drained; the relay will");
            Drained::default()
        }
        Err(_) => {
            tracing::warn!(
                duration_ms = millis(started),
                "The database takes too long to drain the outbox; the relay will"
            );
            Drained::default()
        }
    }
}

/// Publishes whatever waits in any shard that nobody else drains at this moment, for as long as this at most.
pub async fn drain_all(pool: &PgPool, publisher: &OrderedPublisher, within: Duration) -> Result<Drained, store::Error> {
    let until = Instant::now() + within;
    let look = Look { pool, publisher, until, rows: ROWS.1, patience: PATIENCE, lock: Duration::ZERO };
    let shards: Vec<i16> = (0..SHARDS).collect();
    look.at(look.due(&shards).await?).await
}

struct Look<'a> {
    pool: &'a PgPool,
    publisher: &'a OrderedPublisher,
    until: Instant,
    rows: i64,
    /// How long Kafka may take for a chunk.
    patience: Duration,
    /// How long somebody else's lock is waited for.
    lock: Duration,
}

impl Look<'_> {
    /// Drains these shards, a chunk of each in turn, until nothing is left that may be published, or the time is up.
    async fn at(&self, shards: Vec<i16>) -> Result<Drained, store::Error> {
        let started = Instant::now();
        let mut drained = Drained::default();
        let mut open = shards;
        while !open.is_empty() && !drained.is_cut_short && self.left() > Duration::ZERO {
            let mut still_open = Vec::new();
            for shard in open {
                if self.step(shard, &mut drained).await? {
                    still_open.push(shard);
                }
                if drained.is_cut_short {
                    break;
                }
            }
            open = still_open;
        }
        if drained != Drained::default() {
            tracing::info!(
                outbox.published = drained.published,
                outbox.refused = drained.refused,
                outbox.is_cut_short = drained.is_cut_short,
                duration_ms = millis(started),
                "Outbox drained"
            );
        }
        Ok(drained)
    }

    /// Drains a chunk, and says whether there may be another. That one is taken from the beginning again, and not behind this one: who
    /// had a place further ahead may have committed since, or a key may be let go on that stands there, and the next of it comes after.
    async fn step(&self, shard: i16, drained: &mut Drained) -> Result<bool, store::Error> {
        let limits = Limits {
            rows: self.rows,
            lock: self.lock.min(self.left()),
            publish: self.patience.min(self.left()),
            until: self.until,
        };
        match drain_chunk(self.pool, self.publisher, shard, limits).await? {
            Chunk::Busy => Ok(false),
            Chunk::Empty => self.look_again(shard).await,
            Chunk::Tried(tried) => {
                drained.published += tried.published;
                drained.refused += tried.refused;
                if let Some(reason) = tried.unavailable {
                    drained.is_cut_short = true;
                    tracing::warn!(error.message = reason, "Kafka does not take the outbox; it is tried again");
                }
                Ok(tried.is_full || drained.is_cut_short || self.look_again(shard).await?)
            }
        }
    }

    /// The look of whoever has released the lock: for what came in the meantime.
    async fn look_again(&self, shard: i16) -> Result<bool, store::Error> {
        Ok(!self.due(&[shard]).await?.is_empty())
    }

    async fn due(&self, shards: &[i16]) -> Result<Vec<i16>, store::Error> {
        store::outbox::due_shards(&mut *self.pool.acquire().await?, shards).await
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
