//! The outbox: how long a committed event takes to Kafka, how fast a backlog is drained, and how soon after an outage.

mod backlog;
mod latency;
mod outage;

use kafka::{KafkaSettings, OrderedPublisher};
use settings::Environment;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::database::Database;
use crate::results::Results;
use crate::topics::make_anew;

/// How many keys the events are of.
const KEYS: u32 = 10_000;
/// About what an event has, as structured JSON.
const PAYLOAD_BYTES: u32 = 600;
const TOPIC: &str = "onceward.bench.outbox";
const PARTITIONS: i32 = 3;

/// What the parts share.
pub(crate) struct Place<'a> {
    pub(crate) database: &'a mut Database,
    bootstrap: String,
}

/// Measures the outbox. `backlog` is how many rows the large backlog has.
pub(crate) async fn run(
    database: &mut Database,
    bootstrap: &str,
    backlog: u32,
    results: &mut Results,
) -> anyhow::Result<()> {
    let mut place = Place { database, bootstrap: bootstrap.to_owned() };
    make_anew(bootstrap, TOPIC, PARTITIONS).await?;
    results.heading("The outbox");
    results.say(&format!("Events of {PAYLOAD_BYTES} bytes, {KEYS} keys, a topic of {PARTITIONS} partitions"));
    let measured = async {
        latency::run(&mut place, results).await?;
        backlog::run(&mut place, backlog, results).await
    };
    let measured = measured.await;
    kafka::topics::delete(bootstrap, &[TOPIC]).await?;
    measured?;
    outage::run(&mut place, results).await
}

/// Rows that nobody has published.
const LEFT_BEHIND: u32 = 10_000;

/// Leaves rows behind for `outbox-relay`, with a topic for them.
pub(crate) async fn leave_behind(database: &mut Database, bootstrap: &str) -> anyhow::Result<()> {
    make_anew(bootstrap, TOPIC, PARTITIONS).await?;
    Place { database, bootstrap: bootstrap.to_owned() }.fill(LEFT_BEHIND).await
}

/// Takes back what is left of them, and the topic.
pub(crate) async fn remove(database: &mut Database, bootstrap: &str) -> anyhow::Result<()> {
    Place { database, bootstrap: bootstrap.to_owned() }.clear().await?;
    kafka::topics::delete(bootstrap, &[TOPIC]).await
}

impl Place<'_> {
    /// What a function reads.
    fn environment(&self) -> Environment {
        Environment::from_iter([
            ("DATABASE_URL", self.database.url("onceward_app")),
            ("KAFKA_BOOTSTRAP_SERVERS", self.bootstrap.clone()),
            ("OUTBOX_RELAY_SECONDS", "3600".to_owned()),
        ])
    }

    fn publisher(&self) -> anyhow::Result<OrderedPublisher> {
        Ok(OrderedPublisher::start(KafkaSettings::read(&self.environment())?)?)
    }

    /// Leaves so many rows behind.
    async fn fill(&mut self, rows: u32) -> anyhow::Result<()> {
        let statement = format!(
            "insert into outbox (id, aggregatetype, aggregateid, type, payload)
             select gen_random_uuid(), '{TOPIC}', 'key-' || n % {KEYS}, 'bench.happened',
                 convert_to(rpad(n::text, {PAYLOAD_BYTES}, 'x'), 'UTF8')
             from generate_series(1, {rows}) n"
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.database.connection).await?;
        Ok(())
    }

    /// As after a long time: statistics and visibility are what autovacuum leaves.
    async fn clear(&mut self) -> anyhow::Result<()> {
        sqlx::raw_sql("truncate outbox, outbox_failures").execute(&mut self.database.connection).await?;
        self.database.settle().await
    }
}

pub(crate) async fn pending(connection: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from outbox").fetch_one(connection).await
}
