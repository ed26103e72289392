use std::time::Duration;

use consumer::{Consumer, Effect, Engine, Outcomes, Payload, Reading, Record, Refusal};
use events::Event;
use settings::Environment;
use store::thread_aggregates::{self, Happened};
use store::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::row::Row;
use crate::write::write;

/// How long a batch may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(1);

/// What an environment keeps between batches.
pub struct DiscussionConsumer {
    engine: Engine,
}

impl DiscussionConsumer {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self { engine: Engine::start(environment)? })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.engine.pool()
    }

    /// Brings every record of a batch to a state. An error means that nothing changed and the batch is to be delivered again.
    pub async fn handle(
        &self,
        payload: Payload,
        remaining: Option<Duration>,
        now: OffsetDateTime,
    ) -> anyhow::Result<Outcomes> {
        Ok(self.engine.process(&Discussions, payload, remaining.unwrap_or(DEFAULT_TIME_LIMIT), now).await?)
    }
}

/// What becomes of the events of discussions.
struct Discussions;

impl Consumer for Discussions {
    type Row = Row;
    type Trace = Happened;

    const NAME: &'static str = "discussion-consumer";
    const TYPES: &'static [&'static str] = &[
        "thread.created",
        "thread.viewed",
        "thread.edited",
        "thread.deleted",
        "comment.added",
        "comment.edited",
        "comment.deleted",
        "vote.cast",
    ];

    fn read(&self, event: Event, record: &Record) -> Result<Reading<Row>, Refusal> {
        Row::read(&event, record)
    }

    async fn existing(
        &self,
        connection: &mut PgConnection,
        _kind: &str,
        ids: &[String],
    ) -> Result<Vec<String>, store::Error> {
        thread_aggregates::existing(connection, ids).await
    }

    /// First those that make threads, then all that need one.
    fn group(place: usize) -> usize {
        place.min(1)
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        _group: usize,
        rows: &[&Row],
    ) -> Result<Vec<Effect>, store::Error> {
        write(connection, rows).await
    }

    fn trace(&self, row: &Row, is_stale: bool) -> Option<Happened> {
        (!is_stale).then(|| row.happened())
    }

    /// The sums of threads and courses are what environments have in common.
    async fn finish(
        &self,
        connection: &mut PgConnection,
        traces: Vec<Happened>,
        _now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        thread_aggregates::add(connection, &traces).await
    }
}
