//! The whole way of a failure: refused, repaired, sent on, applied in its order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use consumer::{Consumer, Effect, Engine, Payload, Reading, Record, Refusal};
use events::Event;
use serde_json::{Value, json};
use settings::Environment;
use store::PgConnection;
use testkit::TestDatabase;
use testkit::sqlx;

use crate::support::{json, must};

/// Refuses everything with a code that begins with b until it is repaired.
#[derive(Default)]
struct Codes {
    repaired: AtomicBool,
    applied: Mutex<Vec<String>>,
}

impl Consumer for Codes {
    type Row = String;
    type Trace = ();

    const NAME: &'static str = "codes";
    const TYPES: &'static [&'static str] = &["link.clicked"];

    fn read(&self, event: Event, _: &Record) -> Result<Reading<String>, Refusal> {
        let code = event.key().to_owned();
        if code.starts_with('b') && !self.repaired.load(Ordering::SeqCst) {
            return Err(Refusal { class: "invalid-data", reason: format!("{code} is refused") });
        }
        Ok(Reading::new(0, code))
    }

    async fn apply(&self, _: &mut PgConnection, _: usize, rows: &[&String]) -> Result<Vec<Effect>, store::Error> {
        self.applied.lock().unwrap().extend(rows.iter().map(|row| (*row).clone()));
        Ok(vec![Effect::Applied; rows.len()])
    }
}

fn batch(first: usize, codes: &[&str]) -> Payload {
    let records: Vec<Value> = codes.iter().enumerate().map(|(place, code)| record(first + place, code)).collect();
    serde_json::from_value(json!({"eventSource": "aws:kafka", "records": {"t-0": records}})).unwrap()
}

fn record(offset: usize, code: &str) -> Value {
    let data = json!({"linkId": "01932d3c-0000-7000-8000-000000000001", "shortCode": code, "timestamp": "2026-11-21T09:30:00Z"});
    let id = format!("01932d3c-6a00-7000-8000-{offset:012x}");
    let event = json!({"specversion": "1.0", "id": id, "source": "/test", "type": "link.clicked", "data": data});
    let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    json!({"topic": "t", "partition": 0, "offset": offset, "key": base64("k"), "value": base64(&event.to_string()), "headers": []})
}

async fn process(database: &TestDatabase, codes: &Codes, payload: Payload) {
    let engine = Engine::start(&Environment::from_iter([("DATABASE_URL", database.url())])).unwrap();
    // Redriven ones are due by the clock of whoever sent them on.
    let now = sqlx::query_scalar("select now() + interval '1 minute'").fetch_one(&database.pool).await.unwrap();
    engine.process(codes, payload, Duration::from_secs(10), now).await.unwrap();
}

fn tick() -> Payload {
    serde_json::from_value(json!({"detail-type": "Scheduled Event"})).unwrap()
}

#[tokio::test]
async fn what_failed_takes_effect_once_in_its_order_when_it_is_sent_on_after_the_repair() {
    let (database, codes) = (TestDatabase::new().await, Codes::default());
    process(&database, &codes, batch(0, &["a0", "b1", "a2", "b3"])).await;
    let listed = json(&database, &["dlq", "list", "--json"]);
    let offsets: Vec<&Value> = listed.as_array().unwrap().iter().map(|letter| &letter["offset"]).collect();
    assert_eq!(offsets, [3, 1]);

    // Sent on before the repair: it is a dead letter again, and the same one.
    must(&database, &["dlq", "redrive", "--all"]);
    process(&database, &codes, tick()).await;
    let again = json(&database, &["dlq", "list", "--json"]);
    assert_eq!(
        (&again[0]["id"], &again[0]["attempts"], &again[1]["attempts"]),
        (&listed[0]["id"], &2.into(), &2.into())
    );

    codes.repaired.store(true, Ordering::SeqCst);
    must(&database, &["dlq", "redrive", "--consumer", "codes"]);
    process(&database, &codes, tick()).await;
    assert_eq!(*codes.applied.lock().unwrap(), ["a0", "a2", "b1", "b3"]);
    let settled = json(&database, &["dlq", "list", "--state", "applied", "--json"]);
    assert_eq!(settled.as_array().unwrap().len(), 2);
    assert_eq!(must(&database, &["parked", "list"]), "Nothing is parked.\n");

    // All of it once more, as a replay brings it.
    process(&database, &codes, batch(0, &["a0", "b1", "a2", "b3"])).await;
    process(&database, &codes, tick()).await;
    assert_eq!(codes.applied.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_comes_while_a_redriven_record_waits_stands_behind_it() {
    let (database, codes) = (TestDatabase::new().await, Codes::default());
    process(&database, &codes, batch(0, &["b0"])).await;
    codes.repaired.store(true, Ordering::SeqCst);
    must(&database, &["dlq", "redrive", "--all"]);
    process(&database, &codes, batch(1, &["a1", "a2"])).await;
    process(&database, &codes, tick()).await;
    assert_eq!(*codes.applied.lock().unwrap(), ["b0", "a1", "a2"]);
}

#[tokio::test]
async fn what_was_discarded_never_takes_effect_however_often_it_comes() {
    let (database, codes) = (TestDatabase::new().await, Codes::default());
    process(&database, &codes, batch(0, &["b0"])).await;
    must(&database, &["dlq", "discard", "--all", "--reason", "a test of ours"]);
    codes.repaired.store(true, Ordering::SeqCst);
    process(&database, &codes, batch(0, &["b0"])).await;
    process(&database, &codes, tick()).await;
    assert_eq!(*codes.applied.lock().unwrap(), Vec::<String>::new());
    assert_eq!(json(&database, &["dlq", "list", "--state", "any", "--json"]).as_array().unwrap().len(), 1);
}
