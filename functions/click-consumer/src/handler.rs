use std::time::{Duration, Instant};

use consumer::{Consumer, Effect, Engine, Outcomes, Payload, Reading, Record, Refusal};
use events::Event;
use settings::Environment;
use store::clicks::{self, Click};
use store::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::Enricher;
use crate::fold::fold;
use crate::user_agent::UserAgents;

/// How long a batch may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(1);

/// What an environment keeps between batches.
pub struct ClickConsumer {
    engine: Engine,
    enricher: Enricher,
}

impl ClickConsumer {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self { engine: Engine::start(environment)?, enricher: Enricher::load(environment)? })
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
        UserAgents::ready();
        let remaining = remaining.unwrap_or(DEFAULT_TIME_LIMIT);
        let (end, is_tick) = (Instant::now() + remaining, payload.is_empty());
        let outcomes = self.engine.process(&self.enricher, payload, remaining, now).await?;
        fold(&self.engine.pool(), is_tick, end).await;
        Ok(outcomes)
    }
}

impl Consumer for Enricher {
    type Row = Click;
    type Trace = ();

    const NAME: &'static str = "click-consumer";
    const TYPES: &'static [&'static str] = &["link.clicked"];
    const OWN_INBOX: bool = true;

    fn read(&self, event: Event, _: &Record) -> Result<Reading<Click>, Refusal> {
        Ok(Reading::new(0, self.click(event)?))
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        _group: usize,
        rows: &[&Click],
    ) -> Result<Vec<Effect>, store::Error> {
        let inserted = clicks::insert(connection, rows).await?;
        Ok(inserted.into_iter().map(Effect::of_insert).collect())
    }
}
