use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use settings::{Environment, SettingError};
use store::consumer_batches::{self, ConsumerBatch};
use store::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::breaker::Breaker;
use crate::fate::Fate;
use crate::pass::Pass;
use crate::settle::Retry;
use crate::tally::Tally;
use crate::{Consumer, ProcessError};

/// What an environment of a Kafka-triggered function keeps between batches.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) pool: PgPool,
    pub(crate) breaker: Breaker,
    pub(crate) patience: Patience,
    pub(crate) retry: Retry,
}

impl Engine {
    /// Reads the settings: those of the database, `BREAKER_MAX_SHARE`, `BREAKER_MAX_COUNT`, `PARKED_KEEP_HOURS` (24: what misses
    /// its row for longer becomes a dead letter) and `PARKED_RETRY_MAX_SECONDS` (60). Needs a tokio runtime.
    pub fn start(environment: &Environment) -> Result<Self, SettingError> {
        let keep_hours: u16 = environment.parsed("PARKED_KEEP_HOURS", 24)?;
        let longest = environment.parsed("PARKED_RETRY_MAX_SECONDS", NonZeroU32::new(60).expect("not zero"))?;
        let (keep, longest) = (Duration::from_hours(keep_hours.into()), Duration::from_secs(longest.get().into()));
        Ok(Self {
            pool: store::pool(environment)?,
            breaker: Breaker::read(environment)?,
            patience: Patience { keep, tries: keep.as_secs() / longest.as_secs() / 2 },
            retry: Retry { longest },
        })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }
}

/// How long an event waits for a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    keep: Duration,
    /// So often must have been looked for the row: half as often as in that time, so that a time in which nothing was consumed,
    /// and the row may lie in the topic, does not count.
    tries: u64,
}

impl Patience {
    pub(crate) fn is_over(self, since: OffsetDateTime, tries: i32, now: OffsetDateTime) -> bool {
        now - since >= self.keep && u64::try_from(tries).unwrap_or(0) >= self.tries
    }
}

/// One transaction of an invocation.
pub(crate) struct Run<'a, C: Consumer> {
    pub(crate) engine: &'a Engine,
    pub(crate) consumer: &'a C,
    pub(crate) now: OffsetDateTime,
    pub(crate) started: Instant,
    /// When the transaction began.
    pub(crate) began: Instant,
    /// Until when there is time for what can as well be done later, or not at all.
    pub(crate) until: Instant,
    pub(crate) tally: Tally,
    /// What is to be logged once the transaction has committed.
    pub(crate) lines: Vec<crate::log::Line>,
    /// What is left to do at its end.
    pub(crate) traces: Vec<C::Trace>,
}

impl<'a, C: Consumer> Run<'a, C> {
    pub(crate) fn pass<'i>(&self, breaker: Option<Breaker>, records: usize) -> Pass<'i, C>
    where
        'a: 'i,
    {
        Pass {
            consumer: self.consumer,
            now: self.now,
            patience: self.engine.patience,
            until: self.until,
            breaker,
            records,
            culprits: 0,
            held: HashMap::new(),
            fates: Vec::new(),
            created: HashSet::new(),
            given_up: HashMap::new(),
        }
    }

    /// Takes note of what became of the items of a pass.
    pub(crate) fn count(&mut self, pass: &Pass<'_, C>) {
        for (item, fate) in &pass.fates {
            self.tally.add::<C>(item, fate, self.now);
            self.lines.extend(crate::log::line::<C>(item, fate));
            if let (Ok(reading), Fate::Applied | Fate::Stale) = (&item.reading, fate) {
                self.traces.extend(self.consumer.trace(&reading.row, *fate == Fate::Stale));
            }
        }
    }

    /// Writes down what the transaction comes to, where it did anything, and does what must come last.
    pub(crate) async fn finish(&mut self, connection: &mut PgConnection, records: usize) -> Result<(), ProcessError> {
        if self.tally.counts.is_empty() {
            return Ok(());
        }
        self.write_counts(connection, records).await?;
        if self.traces.is_empty() {
            return Ok(());
        }
        Ok(self.consumer.finish(connection, std::mem::take(&mut self.traces), self.now).await?)
    }

    async fn write_counts(&self, connection: &mut PgConnection, records: usize) -> Result<(), ProcessError> {
        let counts = self.tally.counts.iter().map(|((event_type, outcome), count)| (*event_type, *outcome, *count));
        let batch = ConsumerBatch {
            consumer: C::NAME,
            processed_at: self.now,
            records,
            retries: self.tally.retries,
            seconds: self.started.elapsed().as_secs_f64(),
            database_seconds: self.began.elapsed().as_secs_f64(),
            counts: counts.collect(),
            ages: self.tally.ages,
            age_seconds: self.tally.age_seconds,
        };
        Ok(consumer_batches::insert(connection, &batch).await?)
    }
}
