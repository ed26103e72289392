//! Kafka and Lambda of a case: what is delivered to which environment, and again where it was not acknowledged.

use std::time::Duration;

use consumer::{Engine, Payload};
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value, json};
use settings::Environment;
use store::PgConnection;
use testkit::{TestDatabase, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::case::{Case, Delivery, Fault, LANES, Step};
use crate::crash::Mortal;
use crate::log::Log;
use crate::state::{State, contradictions, observed};
use crate::subject::Subject;

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);
/// Longer than anything that is parked is left alone: two hours.
const TICK: Duration = Duration::from_secs(7201);
/// After so many ticks nothing waits any more: twenty hours, and then half of that for each that comes to be first of its queue.
const EXPIRY: usize = 600;
/// After so many ticks without an end something goes round in circles; less than what waits has time.
const TICKS: usize = 9;

/// A database and two environments, for one case after the other.
pub struct World {
    database: TestDatabase,
    engines: [Engine; 2],
    /// Of environments that died: their connections may still be at work.
    dead: Vec<Engine>,
    now: OffsetDateTime,
    /// Whether the consumers tell duplicates by their own table.
    own: bool,
}

/// A case on its way.
struct Run<'a> {
    log: &'a Log,
    /// How much of each lane has been acknowledged.
    acknowledged: [Vec<usize>; 2],
}

impl World {
    pub async fn new(own: bool) -> Self {
        let database = TestDatabase::new().await;
        let mut owner = owner(&database).await;
        sqlx::raw_sql(include_str!("tables.sql")).execute(&mut owner).await.expect("tables of the model");
        let engines = [engine(&database), engine(&database)];
        Self { database, engines, dead: Vec::new(), now: datetime!(2026-11-21 09:30 UTC), own }
    }

    /// Delivers all of a case, with its faults, and gives what it comes to.
    pub async fn run(&mut self, case: &Case, log: &Log) -> Result<State, TestCaseError> {
        self.clear().await;
        let mut run = Run { log, acknowledged: LANES.map(|lanes| vec![0; lanes.len()]) };
        for step in &case.steps {
            self.now += Duration::from_secs(1);
            self.step(&mut run, step).await;
            self.check().await?;
        }
        self.deliver_rest(&mut run).await?;
        self.tick_until_nothing_changes().await
    }

    /// Lets so much time go by that nothing may wait any more, and gives what that comes to.
    pub async fn expire(&mut self) -> Result<State, TestCaseError> {
        for _ in 0..EXPIRY {
            self.tick().await?;
            let state = observed(&mut *self.connection().await).await.expect("the tables can be read");
            if state.parked.is_empty() {
                return Ok(state);
            }
        }
        Err(TestCaseError::fail("something waits for ever"))
    }

    async fn step(&mut self, run: &mut Run<'_>, step: &Step) {
        match step {
            Step::Deliver(delivery) => {
                let done = deliver(&self.engines[0], run, delivery, self.at()).await;
                self.acknowledge(run, delivery, 0, done);
            }
            Step::Together(one, other) => {
                let (here, there) = tokio::join!(
                    deliver(&self.engines[0], run, one, self.at()),
                    deliver(&self.engines[1], run, other, self.at())
                );
                self.acknowledge(run, one, 0, here);
                self.acknowledge(run, other, 1, there);
            }
            Step::Rewind { consumer, lane, by } => {
                if let Some(place) = run.acknowledged[*consumer].get_mut(usize::from(*lane)) {
                    *place = place.saturating_sub(*by);
                }
            }
        }
    }

    fn acknowledge(&mut self, run: &mut Run<'_>, delivery: &Delivery, environment: usize, done: Done) {
        match done {
            Done::Acknowledged(ends) => {
                for (place, end) in run.acknowledged[delivery.consumer].iter_mut().zip(ends) {
                    *place = end.max(*place);
                }
            }
            Done::Failed => {}
            Done::Died => {
                let new = engine(&self.database);
                self.dead.push(std::mem::replace(&mut self.engines[environment], new));
            }
        }
    }

    async fn deliver_rest(&mut self, run: &mut Run<'_>) -> Result<(), TestCaseError> {
        for consumer in [0, 1] {
            while run.is_unfinished(consumer) {
                self.now += Duration::from_secs(1);
                let delivery = Delivery { consumer, takes: [7, 5, 3], fault: Fault::None };
                match deliver(&self.engines[0], run, &delivery, self.at()).await {
                    done @ Done::Acknowledged(_) => self.acknowledge(run, &delivery, 0, done),
                    _ => return Err(TestCaseError::fail("a batch without a fault was not applied")),
                }
                self.check().await?;
            }
        }
        Ok(())
    }

    async fn tick_until_nothing_changes(&mut self) -> Result<State, TestCaseError> {
        let mut before = None;
        for _ in 0..TICKS {
            self.tick().await?;
            let after = observed(&mut *self.connection().await).await.expect("the tables can be read");
            if before.as_ref() == Some(&after) {
                return Ok(after);
            }
            before = Some(after);
        }
        Err(TestCaseError::fail("ticks do not come to an end"))
    }

    async fn tick(&mut self) -> Result<(), TestCaseError> {
        self.now += TICK;
        for consumer in [0, 1] {
            let run = Run { log: &Log(LANES.map(|_| Vec::new())), acknowledged: [Vec::new(), Vec::new()] };
            let tick = Delivery { consumer, takes: [0; 3], fault: Fault::None };
            if !matches!(deliver(&self.engines[0], &run, &tick, self.at()).await, Done::Acknowledged(_)) {
                return Err(TestCaseError::fail("a tick without a fault failed"));
            }
            self.check().await?;
        }
        Ok(())
    }

    async fn check(&self) -> Result<(), TestCaseError> {
        let found = contradictions(&mut *self.connection().await).await.expect("the tables can be read");
        if found.is_empty() { Ok(()) } else { Err(TestCaseError::fail(found.join("\n"))) }
    }

    async fn connection(&self) -> store::PoolConnection<store::Postgres> {
        self.database.pool.acquire().await.expect("a connection")
    }

    fn at(&self) -> (OffsetDateTime, bool) {
        (self.now, self.own)
    }

    async fn clear(&mut self) {
        for engine in self.dead.drain(..) {
            engine.pool().close().await;
        }
        let mut owner = owner(&self.database).await;
        sqlx::raw_sql(include_str!("clear.sql")).execute(&mut owner).await.expect("tables can be emptied");
    }
}

impl Run<'_> {
    fn is_unfinished(&self, consumer: usize) -> bool {
        self.log.0[consumer].iter().zip(&self.acknowledged[consumer]).any(|(entries, place)| *place < entries.len())
    }
}

enum Done {
    /// With where each lane is then.
    Acknowledged(Vec<usize>),
    Failed,
    Died,
}

async fn deliver(engine: &Engine, run: &Run<'_>, delivery: &Delivery, (now, own): (OffsetDateTime, bool)) -> Done {
    let consumer = delivery.consumer;
    let lanes = run.log.0[consumer].iter().zip(&run.acknowledged[consumer]).zip(delivery.takes);
    let ranges: Vec<_> = lanes.map(|((entries, place), take)| *place..entries.len().min(place + take)).collect();
    let records = ranges.iter().enumerate().filter(|(_, range)| !range.is_empty()).map(|(lane, range)| {
        let (topic, partition) = LANES[consumer][lane];
        let records: Vec<_> = range.clone().map(|offset| run.log.record(consumer, lane, offset)).collect();
        (format!("{topic}-{partition}"), json!(records))
    });
    let records: Map<String, Value> = records.collect();
    let payload: Payload = serde_json::from_value(json!({"records": records})).expect("a payload");
    let life = if let Fault::Dies(polls) = delivery.fault { polls } else { usize::MAX };
    let fault = delivery.fault;
    let outcomes = match (consumer, own) {
        (0, false) => Mortal::new(engine.process(&Subject::<0, false>::new(fault), payload, LIMIT, now), life).await,
        (_, false) => Mortal::new(engine.process(&Subject::<1, false>::new(fault), payload, LIMIT, now), life).await,
        (0, true) => Mortal::new(engine.process(&Subject::<0, true>::new(fault), payload, LIMIT, now), life).await,
        (_, true) => Mortal::new(engine.process(&Subject::<1, true>::new(fault), payload, LIMIT, now), life).await,
    };
    match outcomes {
        Some(Ok(_)) if delivery.fault != Fault::Unacknowledged => {
            Done::Acknowledged(ranges.into_iter().map(|range| range.end).collect())
        }
        Some(_) => Done::Failed,
        None => Done::Died,
    }
}

fn engine(database: &TestDatabase) -> Engine {
    let settings = [
        ("DATABASE_URL", database.url().as_str()),
        ("DATABASE_ACQUIRE_TIMEOUT_MS", "10000"),
        ("PARKED_KEEP_HOURS", "20"),
        ("PARKED_RETRY_MAX_SECONDS", "7200"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    Engine::start(&Environment::from_iter(settings)).expect("settings that are right")
}

async fn owner(database: &TestDatabase) -> PgConnection {
    <PgConnection as sqlx::Connection>::connect(&database.owner_url()).await.expect("the owner may connect")
}
