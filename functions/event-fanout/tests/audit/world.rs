use std::collections::{BTreeMap, BTreeSet};

use consumer::Payload;
use event_fanout::EventFanout;
use serde_json::{Value, json};
use settings::Environment;
use store::audit_log;
use store::dead_letters::{self, Filter};
use store::erasure::{self, Person, Place, Waiting};
use testkit::TestDatabase;
use testkit::sqlx::{self, PgConnection};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::case::{Case, Chunk, LANES, Step, USERS};

/// How often a batch may fail that another environment is in the way of.
const TRIES: usize = 10;

pub struct World {
    database: TestDatabase,
    environments: [EventFanout; 2],
    /// The records of each lane.
    lanes: [Vec<Value>; LANES.len()],
    /// How many of each were delivered.
    delivered: [usize; LANES.len()],
    /// Whom each event is about.
    people: BTreeMap<String, &'static str>,
    /// Events that waited when their person was erased: the erasure stands for them.
    given_up: BTreeSet<String>,
    now: OffsetDateTime,
}

impl World {
    pub async fn new(case: &Case) -> Self {
        let (database, now) = (TestDatabase::new().await, datetime!(2026-11-21 09:30 UTC));
        let url = database.url();
        let settings =
            Environment::from_iter([("DATABASE_URL", url.as_str()), ("DATABASE_ACQUIRE_TIMEOUT_MS", "10000")]);
        let environments = [(); 2].map(|()| EventFanout::start(&settings).unwrap());
        let mut lanes = LANES.map(|_| Vec::new());
        let mut people = BTreeMap::new();
        for told in &case.told {
            let lane = told.lane();
            let offset = i64::try_from(lanes[lane].len()).unwrap();
            let (topic, partition) = LANES[lane];
            let event = told.event();
            people.insert(event.id.to_string(), told.user());
            lanes[lane].push(testkit::record(topic, partition, offset, now, &event));
        }
        Self { database, environments, lanes, delivered: [0; LANES.len()], people, given_up: BTreeSet::new(), now }
    }

    pub async fn take(&mut self, step: &Step) {
        // What is parked is looked at again after a minute at the latest.
        self.now += Duration::minutes(2);
        match step {
            Step::Deliver(chunks) => {
                let payloads = chunks.map(|chunk| self.payload(chunk));
                self.delivered_by(chunks);
                self.invoke(payloads).await;
            }
            Step::DeliverAndTick(chunk) => {
                let payload = self.payload(*chunk);
                self.delivered_by(&[*chunk]);
                self.invoke([payload, tick()]).await;
            }
            Step::Tick => self.invoke([tick(), tick()]).await,
            Step::Redrive => {
                self.redrive().await;
                self.invoke([tick(), tick()]).await;
            }
            Step::Erase(number) => self.erase(USERS[*number]).await,
        }
    }

    /// All that is left is delivered, and sent on once more.
    pub async fn finish(&mut self) {
        for lane in 0..LANES.len() {
            let chunk = Chunk { lane, records: self.lanes[lane].len(), again: 3 };
            self.take(&Step::DeliverAndTick(chunk)).await;
        }
        self.take(&Step::Redrive).await;
    }

    fn payload(&self, chunk: Chunk) -> Value {
        let (records, from) = (&self.lanes[chunk.lane], self.delivered[chunk.lane]);
        let some = &records[from.saturating_sub(chunk.again)..records.len().min(from + chunk.records)];
        // A batch without records is none.
        if some.is_empty() { tick() } else { testkit::payload(some) }
    }

    fn delivered_by(&mut self, chunks: &[Chunk]) {
        let before = self.delivered;
        for Chunk { lane, records, .. } in chunks {
            let to = self.lanes[*lane].len().min(before[*lane] + records);
            self.delivered[*lane] = self.delivered[*lane].max(to);
        }
    }

    /// Both at once.
    async fn invoke(&self, [one, other]: [Value; 2]) {
        let [first, second] = &self.environments;
        tokio::join!(self.handle(first, one), self.handle(second, other));
    }

    async fn handle(&self, environment: &EventFanout, payload: Value) {
        for _ in 1..TRIES {
            let read: Payload = serde_json::from_value(payload.clone()).unwrap();
            if environment.handle(read, None, self.now).await.is_ok() {
                return;
            }
        }
        let read: Payload = serde_json::from_value(payload).unwrap();
        environment.handle(read, None, self.now).await.expect("the batch is applied at last");
    }

    async fn redrive(&self) {
        let mut transaction = self.database.pool.begin().await.unwrap();
        let letters = dead_letters::find_open(&mut transaction, &Filter::default()).await.unwrap();
        dead_letters::redrive(&mut transaction, &letters, self.now).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn erase(&mut self, user_id: &str) {
        let mut transaction = self.database.pool.begin().await.unwrap();
        let waiting = unsettled(&mut transaction).await;
        let topics = &["user.events", "system.audit"];
        let places = &[Place { consumer: "event-fanout", topics, waiting: Waiting::Removed }];
        let person = Person { user_id, places };
        erasure::erase(&mut transaction, &person, self.now).await.unwrap();
        let still = unsettled(&mut transaction).await;
        for event_id in waiting.difference(&still) {
            assert_eq!(self.people[event_id], user_id, "{event_id} was given up");
        }
        for event_id in &still {
            assert_ne!(self.people[event_id], user_id, "{event_id} was left");
        }
        self.given_up.extend(waiting.difference(&still).cloned());
        transaction.commit().await.unwrap();
    }

    /// What the inbox says took effect, or was stale, is on record once; and nothing else is.
    pub async fn check(&self) {
        let on_record = self.chains().await;
        let settled: Vec<(String, String, bool)> = sqlx::query_as(
            "select topic || '/' || partition, event_id, state = 'stale' from inbox where state in ('applied', 'stale')",
        )
        .fetch_all(&self.database.pool)
        .await
        .unwrap();
        let mut expected: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for (chain, event_id, is_stale) in settled {
            if self.given_up.contains(&event_id) {
                continue;
            }
            expected.entry(chain).or_default().push((event_id, is_stale));
        }
        for events in expected.values_mut() {
            events.sort();
        }
        assert_eq!(on_record, expected);
    }

    /// The events of each chain, which is followed from its first row to its head.
    async fn chains(&self) -> BTreeMap<String, Vec<(String, bool)>> {
        let mut connection = self.database.pool.acquire().await.unwrap();
        let mut chains = BTreeMap::new();
        for (chain, head) in audit_log::heads(&mut connection).await.unwrap() {
            let (mut place, mut events) = (audit_log::Place::start(), Vec::new());
            for row in audit_log::page(&mut connection, &chain, 0, 10_000).await.unwrap() {
                assert_eq!((row.seq, &row.previous_hash), (place.seq + 1, &place.hash), "{chain}");
                assert_eq!(row.hash, row.hash_after(&place), "{chain} {}", row.seq);
                place = audit_log::Place { seq: row.seq, hash: row.hash };
                events.push((row.entry.event_id, row.entry.is_stale));
            }
            assert_eq!(place, head, "{chain}");
            events.sort();
            chains.insert(chain, events);
        }
        let known = audit_log::chains(&mut connection).await.unwrap();
        assert!(chains.keys().eq(known.iter()), "{known:?}");
        chains
    }
}

/// Events that wait, and those that are dead letters.
async fn unsettled(connection: &mut PgConnection) -> BTreeSet<String> {
    let events: Vec<String> =
        sqlx::query_scalar("select event_id from inbox where state in ('parked', 'dead_lettered')")
            .fetch_all(connection)
            .await
            .unwrap();
    events.into_iter().collect()
}

fn tick() -> Value {
    json!({"detail-type": "Scheduled Event"})
}
