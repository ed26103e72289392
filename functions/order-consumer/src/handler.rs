use std::time::Duration;

use consumer::{Consumer, Effect, Engine, Outcomes, Payload, Reading, Record, Refusal};
use events::Event;
use settings::Environment;
use store::{PgConnection, PgPool, orders, users};
use time::OffsetDateTime;

use crate::row::{ORDER, Row, USER};
use crate::write::write;

/// How long a batch may take where the host names no deadline: the function's timeout in `infra/template.yaml`.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(1);

/// What an environment keeps between batches.
pub struct OrderConsumer {
    engine: Engine,
}

impl OrderConsumer {
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
        Ok(self.engine.process(&Shop, payload, remaining.unwrap_or(DEFAULT_TIME_LIMIT), now).await?)
    }
}

/// What becomes of the events of a shop.
struct Shop;

impl Consumer for Shop {
    type Row = Row;
    type Trace = ();

    const NAME: &'static str = "order-consumer";
    const TYPES: &'static [&'static str] = &["order.placed", "payment.settled", "inventory.adjusted"];

    fn read(&self, event: Event, _: &Record) -> Result<Reading<Row>, Refusal> {
        Row::read(&event)
    }

    async fn existing(
        &self,
        connection: &mut PgConnection,
        kind: &str,
        ids: &[String],
    ) -> Result<Vec<String>, store::Error> {
        if kind == USER { users::existing(connection, ids).await } else { orders::existing(connection, ids).await }
    }

    fn need_of(constraint: &str) -> Option<&'static str> {
        match constraint {
            "orders_users_fkey" => Some(USER),
            "payments_orders_fkey" => Some(ORDER),
            _ => None,
        }
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        _place: usize,
        rows: &[&Row],
    ) -> Result<Vec<Effect>, store::Error> {
        write(connection, rows).await
    }
}
