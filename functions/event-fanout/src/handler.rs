use std::time::Duration;

use consumer::{Consumer, Effect, Engine, Outcomes, Payload, Reading, Record, Refusal};
use events::Event;
use settings::Environment;
use store::audit_log::{self, Entry};
use store::{PgConnection, PgPool, users};
use time::OffsetDateTime;

use crate::row::Row;
use crate::told::Told;
use crate::write::write;

/// How long a batch may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(1);

/// What an environment keeps between batches.
pub struct EventFanout {
    engine: Engine,
}

impl EventFanout {
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
        Ok(self.engine.process(&Fanout, payload, remaining.unwrap_or(DEFAULT_TIME_LIMIT), now).await?)
    }
}

/// What becomes of user and audit events.
struct Fanout;

impl Consumer for Fanout {
    type Row = Row;
    type Trace = Entry;

    const NAME: &'static str = "event-fanout";
    const TYPES: &'static [&'static str] = &["user.registered", "user.updated", "user.auth", "system.audit"];

    fn read(&self, event: Event, record: &Record) -> Result<Reading<Row>, Refusal> {
        Row::read(&event, record)
    }

    async fn existing(
        &self,
        connection: &mut PgConnection,
        _kind: &str,
        ids: &[String],
    ) -> Result<Vec<String>, store::Error> {
        users::existing(connection, ids).await
    }

    fn need_of(constraint: &str) -> Option<&'static str> {
        (constraint == "user_auth_events_users_fkey").then_some("user")
    }

    /// First those who make users, then all who need one.
    fn group(place: usize) -> usize {
        place.min(1)
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        _group: usize,
        rows: &[&Row],
    ) -> Result<Vec<Effect>, store::Error> {
        let told: Vec<&Told> = rows.iter().map(|row| &row.told).collect();
        write(connection, &told).await
    }

    fn trace(&self, row: &Row, is_stale: bool) -> Option<Entry> {
        Some(Entry { is_stale, ..row.entry.clone() })
    }

    async fn finish(
        &self,
        connection: &mut PgConnection,
        traces: Vec<Entry>,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        audit_log::append(connection, &traces, now).await
    }
}
