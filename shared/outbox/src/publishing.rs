use std::time::Duration;

use anyhow::Context as _;
use kafka::{KafkaSettings, OrderedPublisher};
use settings::{Environment, SettingError};
use store::PgPool;

use crate::{Drained, drain};

/// Whether our functions publish the outbox: not where somebody else does, such as Debezium.
const SWITCH: &str = "OUTBOX_PUBLISHING";

/// What a function publishes with that writes to the outbox. Made once per environment.
pub struct Publishing {
    publisher: Option<OrderedPublisher>,
    budget: Duration,
}

impl Publishing {
    /// Reads `OUTBOX_PUBLISHING` (on) and `OUTBOX_DRAIN_MS` (200: how long a request drains after its commit). Where it is on, reads
    /// `KAFKA_*` too, and connects to Kafka; where it is off, says so once, in the log. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        let budget = Duration::from_millis(environment.parsed("OUTBOX_DRAIN_MS", 200)?);
        let publisher = publisher(environment)?;
        if publisher.is_none() {
            tracing::info!("The outbox is not published: OUTBOX_PUBLISHING is off");
        }
        Ok(Self { publisher, budget })
    }

    /// Publishes what waits in these shards, after the commit that wrote there, as [`drain`](crate::drain()) does. Where publishing is
    /// off it is left where it is.
    pub async fn drain(&self, pool: &PgPool, shards: &[i16]) -> Drained {
        match &self.publisher {
            Some(publisher) => drain(pool, publisher, shards, self.budget).await,
            None => Drained::default(),
        }
    }
}

/// What publishes the outbox; none where `OUTBOX_PUBLISHING` is off, and then no setting of Kafka is read. Needs a tokio runtime.
pub fn publisher(environment: &Environment) -> anyhow::Result<Option<OrderedPublisher>> {
    if !is_on(environment)? {
        return Ok(None);
    }
    OrderedPublisher::start(KafkaSettings::read(environment)?).context("no Kafka producer").map(Some)
}

fn is_on(environment: &Environment) -> Result<bool, SettingError> {
    match environment.optional(SWITCH) {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => {
            Err(SettingError::Invalid { name: SWITCH.to_owned(), reason: "it is neither on nor off".to_owned() })
        }
    }
}
