use std::time::{Duration, Instant};

use settings::{Environment, SettingError};
use store::consumer_batches::{self, ConsumerBatch};
use store::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::breaker::Breaker;
use crate::pass::Pass;
use crate::settle::Retry;
use crate::tally::Tally;
use crate::{Consumer, ProcessError};

/// What an environment of a Kafka-triggered function keeps between batches.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) pool: PgPool,
    pub(crate) breaker: Breaker,
    pub(crate) parked_keep: Duration,
    pub(crate) retry: Retry,
}

impl Engine {
    /// Reads the settings: those of the database, `BREAKER_MAX_SHARE`, `BREAKER_MAX_COUNT`, `PARKED_KEEP_HOURS` (24: what misses
    /// its row for longer becomes a dead letter) and `PARKED_RETRY_MAX_SECONDS` (60). Needs a tokio runtime.
    pub fn start(environment: &Environment) -> Result<Self, SettingError> {
        let keep_hours: u32 = environment.parsed("PARKED_KEEP_HOURS", 24)?;
        let longest: u32 = environment.parsed("PARKED_RETRY_MAX_SECONDS", 60)?;
        Ok(Self {
            pool: store::pool(environment)?,
            breaker: Breaker::read(environment)?,
            parked_keep: Duration::from_hours(keep_hours.into()),
            retry: Retry { longest: Duration::from_secs(longest.into()) },
        })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }
}

/// One transaction of an invocation.
pub(crate) struct Run<'a, C: Consumer> {
    pub(crate) engine: &'a Engine,
    pub(crate) consumer: &'a C,
    pub(crate) now: OffsetDateTime,
    pub(crate) started: Instant,
    pub(crate) tally: Tally,
    /// What is to be logged once the transaction has committed.
    pub(crate) lines: Vec<crate::log::Line>,
}

impl<'a, C: Consumer> Run<'a, C> {
    /// Since when something that still waits has waited too long.
    pub(crate) fn parked_since(&self) -> OffsetDateTime {
        self.now - self.engine.parked_keep
    }

    pub(crate) fn pass<'i>(&self, breaker: Option<Breaker>, records: usize) -> Pass<'i, C>
    where
        'a: 'i,
    {
        Pass {
            consumer: self.consumer,
            now: self.now,
            parked_since: self.parked_since(),
            breaker,
            records,
            culprits: 0,
            held: std::collections::HashMap::new(),
            fates: Vec::new(),
            created: Vec::new(),
        }
    }

    /// Takes note of what became of the items of a pass.
    pub(crate) fn count(&mut self, pass: &Pass<'_, C>) {
        for (item, fate) in &pass.fates {
            self.tally.add::<C>(item, fate, self.now);
            self.lines.extend(crate::log::line::<C>(item, fate));
        }
    }

    /// Writes down what the transaction comes to, where it did anything.
    pub(crate) async fn write_counts(&self, connection: &mut PgConnection, records: usize) -> Result<(), ProcessError> {
        if self.tally.counts.is_empty() {
            return Ok(());
        }
        let counts = self.tally.counts.iter().map(|((event_type, outcome), count)| (*event_type, *outcome, *count));
        let batch = ConsumerBatch {
            consumer: C::NAME,
            processed_at: self.now,
            records,
            retries: self.tally.retries,
            seconds: self.started.elapsed().as_secs_f64(),
            counts: counts.collect(),
            ages: self.tally.ages,
            age_seconds: self.tally.age_seconds,
        };
        Ok(consumer_batches::insert(connection, &batch).await?)
    }
}
