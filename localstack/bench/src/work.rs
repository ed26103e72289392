//! What both contenders are given: the same clicks, as each takes them. And how consumers take what they are given.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::ensure;
use click_consumer::{ClickConsumer, Enricher};
use consumer::Outcomes;
use discussion_consumer::DiscussionConsumer;
use event_fanout::EventFanout;
use events::Event;
use sqlx::PgConnection;
use store::clicks::{self, Click};
use time::OffsetDateTime;

use crate::payload::{self, Payload};

/// Clicks of an hour, with what the sink does before its transaction measured apart.
pub(crate) struct Work {
    pub(crate) batches: Vec<Batch>,
    /// From the bytes of the payloads to records.
    pub(crate) parsing: Duration,
    /// From records to rows: decoded and enriched.
    pub(crate) reading: Duration,
}

/// One invocation's clicks.
pub(crate) struct Batch {
    payload: Vec<u8>,
    rows: Vec<u8>,
    pub(crate) clicks: u64,
}

impl Work {
    pub(crate) fn new(events: &[Event], batch_size: u64, enricher: &Enricher) -> anyhow::Result<Self> {
        let mut work = Self { batches: Vec::new(), parsing: Duration::ZERO, reading: Duration::ZERO };
        for Payload { json, records } in payload::all(events, batch_size) {
            let started = Instant::now();
            let payload: consumer::Payload = serde_json::from_slice(&json)?;
            let parsed = Instant::now();
            let batch = consumer::Batch::read(enricher, payload);
            work.reading += parsed.elapsed();
            work.parsing += parsed - started;
            // As the sink stores them, which is the faster way for COPY too.
            let mut rows: Vec<&Click> = batch.rows().collect();
            ensure!(rows.len() as u64 == records, "not every record of a batch could be read");
            rows.sort_by_key(|click| click.event_id);
            work.batches.push(Batch {
                payload: json,
                rows: clicks::encode(&rows).flatten().collect(),
                clicks: records,
            });
        }
        Ok(work)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clicks: u64 = self.batches.iter().map(|batch| batch.clicks).sum();
        let bytes: usize = self.batches.iter().map(|batch| batch.payload.len()).sum();
        let batches = self.batches.len();
        write!(formatter, "{clicks} clicks a round, in {batches} batches of {} kB on average", bytes / batches / 1000)
    }
}

impl Batch {
    /// From the payload's bytes to the commit, as the function does it.
    pub(crate) async fn consume(&self, consumer: &ClickConsumer) -> anyhow::Result<Duration> {
        let (outcomes, time) = timed(consumer, &self.payload).await?;
        ensure!(outcomes.applied == self.clicks, "not every click of a batch was counted: {outcomes:?}");
        Ok(time)
    }

    /// The rows alone, in a transaction of their own.
    pub(crate) async fn copy(&self, connection: &mut PgConnection) -> anyhow::Result<Duration> {
        let rows = [self.rows.clone()];
        let started = Instant::now();
        clicks::copy(connection, rows, || ()).await?;
        Ok(started.elapsed())
    }
}

/// A consumer, as its function calls it.
pub(crate) trait Consume {
    /// Brings every record of a batch to a state.
    async fn consume(&self, batch: consumer::Payload, now: OffsetDateTime) -> anyhow::Result<Outcomes>;
}

impl Consume for ClickConsumer {
    async fn consume(&self, batch: consumer::Payload, now: OffsetDateTime) -> anyhow::Result<Outcomes> {
        self.handle(batch, None, now).await
    }
}

impl Consume for EventFanout {
    async fn consume(&self, batch: consumer::Payload, now: OffsetDateTime) -> anyhow::Result<Outcomes> {
        self.handle(batch, None, now).await
    }
}

impl Consume for DiscussionConsumer {
    async fn consume(&self, batch: consumer::Payload, now: OffsetDateTime) -> anyhow::Result<Outcomes> {
        self.handle(batch, None, now).await
    }
}

/// What a consumer makes of a payload's bytes, and how long that takes, as in the function.
pub(crate) async fn timed(consumer: &impl Consume, payload: &[u8]) -> anyhow::Result<(Outcomes, Duration)> {
    #[expect(clippy::disallowed_methods, reason = "the clock is read here, as the function's main does")]
    let now = OffsetDateTime::now_utc();
    let started = Instant::now();
    let payload: consumer::Payload = serde_json::from_slice(payload)?;
    let outcomes = consumer.consume(payload, now).await?;
    Ok((outcomes, started.elapsed()))
}
