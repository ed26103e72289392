use std::time::Duration;

use anyhow::Context;
use kafka::OrderedPublisher;
use metrics::Metric;
use serde::Serialize;
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

/// Between two looks where nothing was found.
const PAUSE: Duration = Duration::from_millis(250);
/// A look that finds nothing may still cost something, where a stopped key has many rows: so many times what it took is paused.
const REST: u32 = 10;
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// What is left of the invocation when the last look must be over.
const MARGIN: Duration = Duration::from_secs(10);

/// What an invocation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Relayed {
    /// Events that Kafka acknowledged.
    pub published: u64,
    /// How often it refused one.
    pub refused: u64,
    /// Dead letters that were copied to their `.dlq`.
    pub forwarded: u64,
}

/// How a look went.
enum Looked {
    /// Something was published: there may be more at once.
    GotOn,
    /// There was nothing that can be published now.
    FoundNothing,
    /// Kafka was away or slow; it may be back any moment.
    WasCutShort,
}

/// The relay. Made once per environment.
pub struct Relay {
    pool: PgPool,
    publisher: Option<OrderedPublisher>,
    window: Duration,
}

impl Relay {
    /// Reads the settings, and connects to Kafka, unless `OUTBOX_PUBLISHING` is off. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        let publisher = outbox::publisher(environment)?;
        let window = Duration::from_secs(environment.parsed("OUTBOX_RELAY_SECONDS", 55)?);
        Ok(Self { pool: store::pool(environment)?, publisher, window })
    }

    /// The pool, to be closed at the end.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Looks again and again until `OUTBOX_RELAY_SECONDS` are over or the invocation's end is near, at least once. Fails where the
    /// last look did: then somebody should know. Where publishing is off it only says how much waits.
    pub async fn handle(&self, remaining: Option<Duration>, now: OffsetDateTime) -> anyhow::Result<Relayed> {
        let started = Instant::now();
        let limit = remaining.map_or(self.window + MARGIN, |remaining| remaining.saturating_sub(MARGIN));
        let relayed = if let Some(publisher) = &self.publisher {
            self.relay(publisher, limit).await?
        } else {
            tracing::info!("The outbox is not published: OUTBOX_PUBLISHING is off");
            Relayed::default()
        };
        self.report(relayed, now + started.elapsed()).await?;
        Ok(relayed)
    }

    async fn relay(&self, publisher: &OrderedPublisher, limit: Duration) -> anyhow::Result<Relayed> {
        let started = Instant::now();
        let mut relayed = Relayed::default();
        loop {
            let began = Instant::now();
            let looked = self.look(publisher, &mut relayed, limit.saturating_sub(started.elapsed())).await;
            let pause = match &looked {
                Ok(Looked::GotOn) => Duration::ZERO,
                Ok(Looked::FoundNothing) => (began.elapsed() * REST).clamp(PAUSE, LONGEST_PAUSE),
                Ok(Looked::WasCutShort) => PAUSE,
                Err(error) => {
                    tracing::warn!(error.message = format!("{error:#}"), "The relay could not look; it tries again");
                    PAUSE
                }
            };
            if started.elapsed() + pause >= self.window.min(limit) {
                return looked.map(|_| relayed);
            }
            sleep(pause).await;
        }
    }

    /// Publishes and forwards what there is.
    async fn look(
        &self,
        publisher: &OrderedPublisher,
        relayed: &mut Relayed,
        within: Duration,
    ) -> anyhow::Result<Looked> {
        let started = Instant::now();
        let drained = outbox::drain_all(&self.pool, publisher, within).await.context("the outbox")?;
        relayed.published += drained.published;
        relayed.refused += drained.refused;
        let left = within.saturating_sub(started.elapsed());
        let forwarded = outbox::forward(&self.pool, publisher, left).await.context("the dead letters")?;
        relayed.forwarded += forwarded.forwarded;
        Ok(match drained.published + forwarded.forwarded {
            _ if drained.is_cut_short || forwarded.is_cut_short => Looked::WasCutShort,
            0 => Looked::FoundNothing,
            _ => Looked::GotOn,
        })
    }

    async fn report(&self, relayed: Relayed, now: OffsetDateTime) -> anyhow::Result<()> {
        let backlog = store::outbox::backlog(&mut *self.pool.acquire().await?).await.context("the outbox")?;
        let figures = [
            Metric::count("outbox_pending", backlog.pending.unsigned_abs()),
            Metric::seconds("outbox_oldest_pending_age_seconds", backlog.oldest_age_seconds.unwrap_or(0.0).max(0.0)),
            Metric::count("outbox_published", relayed.published),
            Metric::count("outbox_refused", relayed.refused),
        ];
        metrics::write(now, &[("function", "outbox-relay")], &figures);
        Ok(())
    }
}
