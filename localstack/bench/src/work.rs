//! What both contenders are given: the same clicks, as each takes them.

use std::time::{Duration, Instant};

use anyhow::ensure;
use click_consumer::{ClickConsumer, Enricher};
use consumer::Batch;
use events::Event;
use sqlx::PgConnection;
use store::clicks::{self, Click};

use crate::payload::{self, Payload};

/// Batches of clicks, with what the sink does before its transaction measured apart.
pub(crate) struct Work {
    payloads: Vec<Payload>,
    rows: Vec<Vec<u8>>,
    pub(crate) clicks: u64,
    /// From the bytes of the payloads to records.
    pub(crate) parsing: Duration,
    /// From records to rows: decoded and enriched.
    pub(crate) reading: Duration,
}

impl Work {
    pub(crate) fn new(events: &[Event], batch_size: usize, enricher: &Enricher) -> anyhow::Result<Self> {
        let payloads = payload::all(events, batch_size);
        let clicks = payloads.iter().map(|payload| payload.records).sum();
        let mut work = Self { payloads, rows: Vec::new(), clicks, parsing: Duration::ZERO, reading: Duration::ZERO };
        for payload in &work.payloads {
            let started = Instant::now();
            let event: consumer::Payload = serde_json::from_slice(&payload.json)?;
            let parsed = Instant::now();
            let batch = Batch::read(event, |event| enricher.click(event));
            work.reading += parsed.elapsed();
            work.parsing += parsed - started;
            ensure!(batch.accepted.len() as u64 == payload.records, "not every record of a batch could be read");
            // As the sink stores them, which is the faster way for COPY too.
            let mut rows: Vec<&Click> = batch.accepted.iter().collect();
            rows.sort_by_key(|click| click.event_id);
            work.rows.push(clicks::encode(&rows));
        }
        Ok(work)
    }

    pub(crate) fn batches(&self) -> usize {
        self.payloads.len()
    }

    pub(crate) fn largest_payload(&self) -> usize {
        self.payloads.iter().map(|payload| payload.json.len()).max().unwrap_or_default()
    }

    /// From the payload's bytes to the commit, batch by batch, as the function does it.
    pub(crate) async fn consume(&self, consumer: &ClickConsumer) -> anyhow::Result<Duration> {
        let started = Instant::now();
        for payload in &self.payloads {
            let event: consumer::Payload = serde_json::from_slice(&payload.json)?;
            let outcomes = consumer.handle(event, None).await?;
            ensure!(outcomes.applied == payload.records, "not every click of a batch was counted: {outcomes:?}");
        }
        Ok(started.elapsed())
    }

    /// The same rows by `COPY`, batch by batch.
    pub(crate) async fn copy(&self, connection: &mut PgConnection) -> anyhow::Result<Duration> {
        let started = Instant::now();
        for rows in &self.rows {
            clicks::copy(connection, rows, || ()).await?;
        }
        Ok(started.elapsed())
    }
}
