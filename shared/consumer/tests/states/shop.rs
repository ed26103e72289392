//! A consumer with three types, and what a test does with it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consumer::{Consumer, Effect, Engine, Entity, Outcomes, Payload, ProcessError, Reading, Record, Refusal};
use events::{Data, Event};
use serde_json::{Map, Value, json};
use settings::Environment;
use store::PgConnection;
use testkit::{TestDatabase, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

pub const LIMIT: Duration = Duration::from_secs(30);
pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

/// Does what an event's `referrer` says: `opened o1` makes the order o1 (`opened o1 needs o2` when that is there), `moved o1` needs
/// it, `noted` needs nothing. The database
/// refuses what is `bad`, the consumer what is `refused`, and says `stale`; of what is `forgotten` it says nothing, and of what is `doubled`
/// twice as much; one that is `gated` waits until the gate is open.
#[derive(Default)]
pub struct Shop {
    /// How many rows each call of `apply` was given.
    pub calls: std::sync::Mutex<Vec<usize>>,
    pub open: AtomicBool,
    /// How many stand at the gate.
    pub waiting: AtomicUsize,
    /// Run by every call of `apply`, before anything else.
    pub first: Option<&'static str>,
}

pub struct Row {
    number: i64,
    told: String,
}

impl Row {
    fn order(&self) -> Option<&str> {
        self.told.split(' ').nth(1)
    }
}

impl Consumer for Shop {
    type Row = Row;
    type Trace = ();

    const NAME: &'static str = "shop";
    const TYPES: &'static [&'static str] = &["opened", "moved", "noted"];

    fn read(&self, event: Event, _: &Record) -> Result<Reading<Row>, Refusal> {
        let number = i64::from_str_radix(&event.id.as_str()[24..], 16).expect("a number that `record` gave");
        let Data::LinkClicked(click) = event.data else { panic!("the shop takes clicks") };
        let row = Row { number, told: click.referrer.map_or("noted".to_owned(), |text| text.to_string()) };
        let order = row.order().map(|id| Entity::new("order", id));
        let needs = row.told.split_once(" needs ").map(|(_, id)| Entity::new("order", id));
        let place = match row.told.split(' ').next() {
            Some("opened") => 0,
            Some("moved") => 1,
            _ => 2,
        };
        let reading = Reading::new(place, row);
        let reading = match (place, order) {
            (0, Some(order)) => reading.creates(order),
            (1, Some(order)) => reading.needs(order),
            _ => reading,
        };
        Ok(needs.into_iter().fold(reading, Reading::needs))
    }

    async fn existing(
        &self,
        connection: &mut PgConnection,
        _: &str,
        ids: &[String],
    ) -> Result<Vec<String>, store::Error> {
        sqlx::query_scalar("select id from shop_orders where id = any($1)").bind(ids).fetch_all(connection).await
    }

    fn need_of(constraint: &str) -> Option<&'static str> {
        (constraint == "shop_moves_order_fkey").then_some("order")
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        place: usize,
        rows: &[&Row],
    ) -> Result<Vec<Effect>, store::Error> {
        self.calls.lock().expect("no call panics").push(rows.len());
        if let Some(statement) = self.first {
            sqlx::query(statement).execute(&mut *connection).await?;
        }
        let taken: Vec<&Row> = rows.iter().copied().filter(|row| effect(row) == Effect::Applied).collect();
        sqlx::query(
            "insert into shop_log (number, told)
             select number, told from unnest($1::bigint[], $2::text[]) with ordinality as row (number, told, place)
             order by place",
        )
        .bind(taken.iter().map(|row| row.number).collect::<Vec<_>>())
        .bind(taken.iter().map(|row| row.told.as_str()).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
        if place == 0 {
            sqlx::query("insert into shop_orders select * from unnest($1::text[]) on conflict do nothing")
                .bind(taken.iter().filter_map(|row| row.order()).collect::<Vec<_>>())
                .execute(&mut *connection)
                .await?;
        }
        if place == 1 {
            sqlx::query("insert into shop_moves select * from unnest($1::text[])")
                .bind(taken.iter().filter_map(|row| row.order()).collect::<Vec<_>>())
                .execute(&mut *connection)
                .await?;
        }
        if rows.iter().any(|row| row.told.contains("gated")) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            while !self.open.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(rows.iter().flat_map(|row| vec![effect(row); effects(row)]).collect())
    }
}

fn effect(row: &Row) -> Effect {
    match &row.told {
        told if told.contains("refused") => Effect::Refused { class: "refused", reason: "told so".to_owned() },
        told if told.contains("stale") => Effect::Stale,
        _ => Effect::Applied,
    }
}

fn effects(row: &Row) -> usize {
    match &row.told {
        told if told.contains("forgotten") => 0,
        told if told.contains("doubled") => 2,
        _ => 1,
    }
}

/// A database with the tables of the shop.
pub struct World {
    pub database: TestDatabase,
    settings: &'static [(&'static str, &'static str)],
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// One whose functions have these settings.
    pub async fn with(settings: &'static [(&'static str, &'static str)]) -> Self {
        let world = Self { database: TestDatabase::new().await, settings };
        world.as_owner(include_str!("tables.sql")).await;
        world
    }

    /// Another environment of the function.
    pub fn engine(&self) -> Engine {
        self.engine_with(self.settings)
    }

    pub fn engine_with(&self, settings: &[(&str, &str)]) -> Engine {
        let url = self.database.url();
        let settings =
            settings.iter().copied().chain([("DATABASE_URL", url.as_str()), ("DATABASE_ACQUIRE_TIMEOUT_MS", "10000")]);
        Engine::start(&settings.collect::<Environment>()).expect("settings that are right")
    }

    /// Delivers a batch so many seconds after the beginning. It must be applied.
    pub async fn deliver(&self, seconds: u64, records: &[Value]) -> Outcomes {
        process(&self.engine(), &Shop::default(), seconds, records).await.expect("the batch is applied")
    }

    /// A tick so many seconds after the beginning.
    pub async fn tick(&self, seconds: u64) -> Outcomes {
        self.deliver(seconds, &[]).await
    }

    pub async fn as_owner(&self, statements: &'static str) {
        let mut owner = <PgConnection as sqlx::Connection>::connect(&self.database.owner_url())
            .await
            .expect("the owner may connect");
        sqlx::raw_sql(statements).execute(&mut owner).await.expect("statements that are right");
    }

    /// Numbers of what was applied, in its order.
    pub async fn log(&self) -> Vec<i64> {
        self.numbers("select number from shop_log order by place").await
    }

    /// Offsets of what is parked.
    pub async fn parked(&self) -> Vec<i64> {
        self.numbers("select record_offset from parked_events order by partition, record_offset").await
    }

    /// Offsets of the dead letters that are open.
    pub async fn letters(&self) -> Vec<i64> {
        self.numbers("select record_offset from dead_letters where state = 'open' order by partition, record_offset")
            .await
    }

    /// How many queues are blocked.
    pub async fn blocked(&self) -> i64 {
        self.numbers("select count(*) from blocked_keys").await[0]
    }

    pub async fn numbers(&self, statement: &'static str) -> Vec<i64> {
        sqlx::query_scalar(statement).fetch_all(&self.database.pool).await.expect("numbers")
    }

    pub async fn texts(&self, statement: &'static str) -> Vec<String> {
        sqlx::query_scalar(statement).fetch_all(&self.database.pool).await.expect("texts")
    }

    /// Waits until some connection waits for the lock of another.
    pub async fn until_one_waits_for_a_lock(&self) {
        testkit::eventually("a connection that waits for a lock", Duration::from_secs(10), async || {
            let waiting = "select count(*) from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock'";
            (self.numbers(waiting).await[0] > 0).then_some(())
        })
        .await;
    }
}

/// An invocation so many seconds after the beginning; without records, a tick.
pub fn process<'a>(
    engine: &'a Engine,
    shop: &'a Shop,
    seconds: u64,
    records: &[Value],
) -> impl Future<Output = Result<Outcomes, ProcessError>> + 'a {
    engine.process(shop, payload(records), LIMIT, NOW + Duration::from_secs(seconds))
}

pub fn payload(records: &[Value]) -> Payload {
    let mut by_partition: Map<String, Value> = Map::new();
    for record in records {
        let name = format!("shop-{}", record["partition"]);
        let records = by_partition.entry(name).or_insert_with(|| json!([])).as_array_mut().expect("a list");
        records.push(record.clone());
    }
    serde_json::from_value(json!({"records": by_partition})).expect("a payload")
}

/// A record of partition 0, whose event has the offset as its number.
pub fn record(offset: i64, key: &str, told: &str) -> Value {
    raw(offset, Some(key), Some(event(offset, told).to_string().as_bytes()))
}

pub fn raw(offset: i64, key: Option<&str>, value: Option<&[u8]>) -> Value {
    json!({
        "topic": "shop", "partition": 0, "offset": offset, "timestamp": 1_795_253_400_000_u64,
        "key": key.map(|key| STANDARD.encode(key)), "value": value.map(|value| STANDARD.encode(value)), "headers": [],
    })
}

pub fn event(number: i64, told: &str) -> Value {
    let data = json!({
        "linkId": "01932d3c-0000-7000-8000-000000000001", "shortCode": "shop", "timestamp": "2026-11-21T09:30:00Z",
        "referrer": told
    });
    let id = format!("01932d3c-6a00-7000-8000-{number:012x}");
    json!({"specversion": "1.0", "id": id, "source": "/shop", "type": "link.clicked", "data": data})
}
