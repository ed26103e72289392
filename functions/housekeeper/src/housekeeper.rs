use std::num::NonZeroU16;
use std::time::Duration as StdDuration;

use anyhow::ensure;
use serde::Serialize;
use settings::{Environment, SettingError};
use store::erasure::{self, CONSUMERS, Person, Place};
use store::housekeeping::{self, Leftover};
use store::{Connection as _, PgPool};
use time::{Duration, OffsetDateTime};

use crate::deadline::{Deadline, Progress};

/// How long what consumers have seen is remembered, unless the setting of the same name says otherwise. A topic must not keep an event
/// for longer: replayed after that, it would take effect again.
pub const INBOX_KEEP_DAYS: NonZeroU16 = NonZeroU16::new(35).unwrap();

/// Batches are folded when they are older: recent ones say how the last minutes went.
const FOLD_AFTER: Duration = Duration::minutes(5);
/// An answer is honoured until it expires by the clock of whoever gives it.
const CLOCKS_DIFFER_BY: Duration = Duration::HOUR;
/// So many people are erased again in one run, for each consumer that has something of them.
const LEFTOVERS: i64 = 1000;

/// What an environment keeps between invocations.
pub struct Housekeeper {
    pool: PgPool,
    keep: Duration,
}

/// What an invocation did. A second one finds nothing left.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Partitions of `clicks` that it made.
    pub partitions: Vec<String>,
    /// Rows of the inbox that it removed.
    pub inbox_rows: u64,
    /// Settled dead letters that it removed.
    pub dead_letters: u64,
    /// Old failures of consumers that it removed.
    pub consumer_failures: u64,
    /// Idempotency keys that it removed.
    pub idempotency_keys: u64,
    /// Batches that it folded into the totals.
    pub batches_folded: u64,
    /// Dead letters of erased people that it cleared.
    pub letters_cleared: u64,
    /// Whether nothing is left for the next invocation.
    pub finished: bool,
}

impl Housekeeper {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> Result<Self, SettingError> {
        let days = environment.parsed("INBOX_KEEP_DAYS", INBOX_KEEP_DAYS)?;
        Ok(Self { pool: store::pool(environment)?, keep: Duration::days(days.get().into()) })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Does all that is due. What fails is logged and stops nothing else; the error at the end says how much failed.
    pub async fn handle(&self, remaining: Option<StdDuration>, now: OffsetDateTime) -> anyhow::Result<Done> {
        let (pool, deadline) = (&self.pool, Deadline::after(remaining));
        let (kept_since, expired) = (now - self.keep, now - CLOCKS_DIFFER_BY);
        let mut steps = Steps::default();
        let partitions = steps.outcome("partitions of clicks", self.make_partitions().await);
        let folded =
            deadline.work(pool, async |c, part| housekeeping::fold_consumer_batches(c, now - FOLD_AFTER, part).await);
        let batches_folded = steps.rows("counts of consumers", folded.await);
        let inbox = deadline.work(pool, async |c, part| housekeeping::remove_inbox_rows(c, kept_since, part).await);
        let inbox_rows = steps.rows("old rows of the inbox", inbox.await);
        let letters = deadline.work(pool, async |c, part| housekeeping::remove_dead_letters(c, kept_since, part).await);
        let dead_letters = steps.rows("settled dead letters", letters.await);
        let failures =
            deadline.work(pool, async |c, part| housekeeping::remove_consumer_failures(c, kept_since, part).await);
        let consumer_failures = steps.rows("old failures of consumers", failures.await);
        let keys = deadline.work(pool, async |c, part| housekeeping::remove_idempotency_keys(c, expired, part).await);
        let idempotency_keys = steps.rows("idempotency keys", keys.await);
        let letters_cleared = steps.rows("dead letters of erased people", self.clear_leftovers(deadline, now).await);
        let done = Done {
            partitions,
            inbox_rows,
            dead_letters,
            consumer_failures,
            idempotency_keys,
            batches_folded,
            letters_cleared,
            finished: !steps.unfinished && steps.failed.is_empty(),
        };
        log(&done);
        let failed = steps.failed.join(", ");
        ensure!(
            failed.is_empty(),
            "not all was done: {failed}; the lines before say why, and the next run tries again"
        );
        Ok(done)
    }

    async fn make_partitions(&self) -> Result<Vec<String>, store::Error> {
        housekeeping::make_partitions(&mut *self.pool.acquire().await?).await
    }

    /// Erases again whoever has left something, each in a transaction of its own. That somebody is erased is on record since it was
    /// decided; what is cleared here was on its way then, and says so itself.
    async fn clear_leftovers(&self, deadline: Deadline, now: OffsetDateTime) -> Result<Progress, store::Error> {
        let mut progress = Progress::default();
        if deadline.is_near() {
            return Ok(progress);
        }
        let mut connection = self.pool.acquire().await?;
        let leftovers = housekeeping::find_leftovers(&mut connection, LEFTOVERS).await?;
        let are_all = leftovers.len() < usize::try_from(LEFTOVERS).unwrap_or(usize::MAX);
        for Leftover { user_id, consumer, topics } in leftovers {
            if deadline.is_near() {
                return Ok(progress);
            }
            let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
            let known = CONSUMERS.iter().filter(|(known, _)| *known == consumer);
            let places: Vec<Place<'_>> =
                known.map(|(consumer, waiting)| Place { consumer, topics: &topics, waiting: *waiting }).collect();
            let person = Person { user_id: &user_id, places: &places };
            let mut transaction = connection.begin().await?;
            store::limit_transaction(&mut transaction, deadline.left()).await?;
            let erased = erasure::erase(&mut transaction, &person, now).await?;
            transaction.commit().await?;
            progress.rows += erased.map_or(0, |erased| erased.dead_letters);
        }
        Ok(Progress { finished: are_all, ..progress })
    }
}

fn log(done: &Done) {
    tracing::info!(
        partitions.made = done.partitions.join(" "),
        inbox.removed = done.inbox_rows,
        dead_letters.removed = done.dead_letters,
        consumer_failures.removed = done.consumer_failures,
        idempotency_keys.removed = done.idempotency_keys,
        batches.folded = done.batches_folded,
        erased.cleared = done.letters_cleared,
        finished = done.finished,
        "House kept"
    );
}

/// How the steps went, taken together.
#[derive(Debug, Default)]
struct Steps {
    unfinished: bool,
    failed: Vec<&'static str>,
}

impl Steps {
    fn outcome<T: Default>(&mut self, what: &'static str, result: Result<T, store::Error>) -> T {
        result.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, step = what, "Step of the housekeeper failed");
            self.failed.push(what);
            T::default()
        })
    }

    fn rows(&mut self, what: &'static str, result: Result<Progress, store::Error>) -> u64 {
        let progress = self.outcome(what, result);
        self.unfinished |= !progress.finished;
        progress.rows
    }
}
