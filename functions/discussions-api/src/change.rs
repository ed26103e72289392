use std::time::{Duration, Instant};

use api::Failure;
use events::intake::Arrival;
use events::{Data, Event, Source, Text, uuid_v7_at};
use http::HeaderMap;
use store::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

use crate::DiscussionsApi;

/// What the events of this function have as their source.
const SOURCE: &str = "/onceward/discussions-api";

/// How long a change may take, with all that it waits for: so that it is answered before the function's time is up, which is 10 s.
const LIMIT: Duration = Duration::from_secs(8);

/// How long a change took until it was committed, and how long it was published after that, as a header.
pub(crate) type Timing = [(&'static str, String); 1];

/// A change of one thread, in one transaction with the event that tells of it. Where it is dropped, neither is there.
pub(crate) struct Change<'a> {
    api: &'a DiscussionsApi,
    transaction: Transaction<'static, Postgres>,
    arrival: Arrival,
    began: Instant,
    /// Where the event waits.
    shards: Vec<i16>,
}

impl DiscussionsApi {
    /// Begins what a request with these headers asks for.
    pub(crate) async fn begin(&self, headers: &HeaderMap) -> Result<Change<'_>, Failure> {
        let began = Instant::now();
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let arrival = Arrival::new((self.clock)(), header("x-correlation-id"), header("traceparent"));
        let mut transaction = self.pool.begin().await?;
        store::limit_transaction(&mut transaction, LIMIT).await?;
        Ok(Change { api: self, transaction, arrival, began, shards: Vec::new() })
    }
}

impl Change<'_> {
    /// For statements of the change.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// When it is made.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.arrival.now
    }

    /// Writes its event to the outbox, once the thread has this version.
    pub(crate) async fn tell(&mut self, version: i64, data: Data) -> Result<(), Failure> {
        let event = Event {
            id: uuid_v7_at(self.now()).into(),
            source: Source::new(SOURCE).expect("a short text"),
            time: self.now(),
            subject: Text::new(data.key()).ok(),
            // As text, later ones are greater.
            sequence: Text::new(format!("{version:020}")).ok(),
            correlation_id: self.arrival.correlation_id.clone(),
            causation_id: None,
            traceparent: self.arrival.traceparent.clone(),
            data,
        };
        let written = outbox::write(&mut self.transaction, &self.api.topic, &[event]).await;
        self.shards = written.map_err(store::Error::from)?;
        Ok(())
    }

    /// Commits, and publishes what was written. What cannot be published at once the relay does.
    pub(crate) async fn commit(self) -> Result<Timing, Failure> {
        self.transaction.commit().await?;
        let written = self.began.elapsed();
        self.api.publishing.drain(&self.api.pool, &self.shards).await;
        let drained = self.began.elapsed().saturating_sub(written);
        let [write, drain] = [written, drained].map(|time| time.as_secs_f64() * 1e3);
        Ok([("server-timing", format!("write;dur={write:.3}, drain;dur={drain:.3}"))])
    }
}
