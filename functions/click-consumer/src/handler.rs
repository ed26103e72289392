use std::time::Duration;

use consumer::{Outcomes, Payload};
use settings::Environment;
use store::{PgConnection, PgPool, clicks};

use crate::Enricher;
use crate::user_agent::UserAgents;

/// The name under which this consumer's dead letters stand.
const CONSUMER: &str = "click-consumer";

/// How long a batch may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(1);

/// What an environment keeps between batches.
pub struct ClickConsumer {
    pool: PgPool,
    enricher: Enricher,
}

impl ClickConsumer {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self { pool: store::pool(environment)?, enricher: Enricher::load(environment)? })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Brings every record of a batch to a state. An error means that nothing changed and the batch is to be delivered again.
    pub async fn handle(&self, payload: Payload, remaining: Option<Duration>) -> anyhow::Result<Outcomes> {
        let remaining = remaining.unwrap_or(DEFAULT_TIME_LIMIT);
        UserAgents::ready();
        let read = |event| self.enricher.click(event);
        let apply =
            async |connection: &mut PgConnection, batch: &[clicks::Click]| clicks::insert(connection, batch).await;
        Ok(consumer::process(&self.pool, CONSUMER, payload, remaining, read, apply).await?)
    }
}
