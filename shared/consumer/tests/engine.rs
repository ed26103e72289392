//! The engine on a real PostgreSQL: each record of a batch ends in a state, or nothing changes.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consumer::{Consumer, Effect, Engine, Outcomes, Payload, ProcessError, Reading, Record, Refusal};
use events::Event;
use serde_json::{Value, json};
use settings::Environment;
use store::PgConnection;
use testkit::TestDatabase;
use time::OffsetDateTime;
use time::macros::datetime;

const LIMIT: Duration = Duration::from_secs(10);
const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

/// A click's event with this code, as a record value. The id follows from the code.
fn event(code: &str) -> Vec<u8> {
    let data = json!({"linkId": "01932d3c-0000-7000-8000-000000000001", "shortCode": code, "timestamp": "2026-11-21T09:30:00Z"});
    let number = code.bytes().fold(0_u64, |number, byte| number << 8 | u64::from(byte));
    let id = format!("01932d3c-6a00-7000-8000-{number:012x}");
    json!({"specversion": "1.0", "id": id, "source": "/test", "type": "link.clicked", "data": data})
        .to_string()
        .into_bytes()
}

fn record(offset: usize, value: Option<&[u8]>) -> Value {
    json!({
        "topic": "t", "partition": 0, "offset": offset, "timestamp": 1_545_084_650_987_u64, "timestampType": "CREATE_TIME",
        "key": STANDARD.encode("k"), "value": value.map(|value| STANDARD.encode(value)),
        "headers": [{"h": [104, -61, -85]}, {"h": [1]}]
    })
}

fn batch(values: &[Option<&[u8]>]) -> Payload {
    let records: Vec<Value> = values.iter().enumerate().map(|(offset, value)| record(offset, *value)).collect();
    serde_json::from_value(json!({"eventSource": "aws:kafka", "records": {"t-0": records}})).unwrap()
}

/// Takes the code of an event, panics while it reads one of them, and while it applies does as it is told.
#[derive(Default)]
struct Codes {
    applied: Mutex<Vec<String>>,
    slow_reader: bool,
    statement: Option<&'static str>,
}

impl Consumer for Codes {
    type Row = String;
    type Trace = ();

    const NAME: &'static str = "engine-test";
    const TYPES: &'static [&'static str] = &["link.clicked"];

    fn read(&self, event: Event, _: &Record) -> Result<Reading<String>, Refusal> {
        if self.slow_reader {
            std::thread::sleep(Duration::from_millis(700));
        }
        match event.key() {
            "panics" => panic!("boom"),
            code => Ok(Reading::new(0, code.to_owned())),
        }
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        _: usize,
        rows: &[&String],
    ) -> Result<Vec<Effect>, store::Error> {
        if let Some(statement) = self.statement {
            testkit::sqlx::query(statement).execute(connection).await?;
        }
        self.applied.lock().unwrap().extend(rows.iter().map(|row| (*row).clone()));
        Ok(vec![Effect::Applied; rows.len()])
    }
}

async fn process(
    database: &TestDatabase,
    codes: &Codes,
    event: Payload,
    limit: Duration,
) -> Result<Outcomes, ProcessError> {
    let engine = Engine::start(&Environment::from_iter([("DATABASE_URL", database.url())])).unwrap();
    engine.process(codes, event, limit, NOW).await
}

async fn run(database: &TestDatabase, event: Payload) -> (Result<Outcomes, ProcessError>, Vec<String>) {
    let codes = Codes::default();
    let result = process(database, &codes, event, LIMIT).await;
    (result, codes.applied.into_inner().unwrap())
}

/// Offsets and classes of the dead letters, in their order.
async fn dead_letters(database: &TestDatabase) -> Vec<(i64, String)> {
    let connection = &mut *database.pool.acquire().await.unwrap();
    let all = store::dead_letters::list(connection, "engine-test").await.unwrap();
    all.into_iter().map(|letter| (letter.offset, letter.error_class)).collect()
}

#[tokio::test]
async fn a_malformed_record_first_in_the_middle_or_last_stops_no_other() {
    for place in 0..3 {
        let database = TestDatabase::new().await;
        let good = [event("a"), event("b"), event("c")];
        let mut values: Vec<Option<&[u8]>> = good.iter().map(|value| Some(value.as_slice())).collect();
        values[place] = Some(b"rubbish");
        let (outcomes, applied) = run(&database, batch(&values)).await;
        assert_eq!(outcomes.unwrap(), Outcomes { applied: 2, dead_lettered: 1, ..Outcomes::default() });
        let others: Vec<&str> =
            ["a", "b", "c"].into_iter().enumerate().filter(|(at, _)| *at != place).map(|(_, code)| code).collect();
        assert_eq!(applied, others);
        assert_eq!(dead_letters(&database).await, [(i64::try_from(place).unwrap(), "not-cloudevent".to_owned())]);
    }
}

#[tokio::test]
async fn a_record_that_panics_its_reader_is_a_dead_letter_and_stops_no_other() {
    let database = TestDatabase::new().await;
    let (outcomes, applied) =
        run(&database, batch(&[Some(&event("a")), Some(&event("panics")), Some(&event("c"))])).await;
    assert_eq!(outcomes.unwrap(), Outcomes { applied: 2, dead_lettered: 1, ..Outcomes::default() });
    assert_eq!(applied, ["a", "c"]);
    assert_eq!(dead_letters(&database).await, [(1, "panic".to_owned())]);
}

#[tokio::test]
async fn a_batch_that_is_read_on_several_threads_keeps_its_order_whatever_stands_where_they_meet() {
    let database = TestDatabase::new().await;
    let mut values: Vec<Option<Vec<u8>>> = (0..2_001).map(|nth| Some(event(&format!("{nth:06}")))).collect();
    // Of two, three and four threads: the last record of one, and the first of the next.
    let (rubbish, panics, tombstones) = ([499, 666, 999], [500, 667, 1_000], [1_333, 1_334, 1_499, 1_500]);
    for place in rubbish {
        values[place] = Some(b"rubbish".to_vec());
    }
    for place in panics {
        values[place] = Some(event("panics"));
    }
    for place in tombstones {
        values[place] = None;
    }
    let (outcomes, applied) = run(&database, batch(&values.iter().map(Option::as_deref).collect::<Vec<_>>())).await;
    // Those that panic have one id.
    let expected = Outcomes { applied: 1_991, dead_lettered: 4, duplicates: 2, skipped: 4, ..Outcomes::default() };
    assert_eq!(outcomes.unwrap(), expected);
    let special = [rubbish.as_slice(), &panics, &tombstones].concat();
    let left = (0..2_001).filter(|place| !special.contains(place)).map(|nth| format!("{nth:06}"));
    assert_eq!(applied, left.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_tombstone_is_skipped() {
    let database = TestDatabase::new().await;
    let (outcomes, applied) = run(&database, batch(&[None, Some(&event("b"))])).await;
    assert_eq!(outcomes.unwrap(), Outcomes { applied: 1, skipped: 1, ..Outcomes::default() });
    assert_eq!(applied, ["b"]);
}

#[tokio::test]
async fn a_dead_letter_keeps_every_byte_and_is_kept_once_however_often_it_comes() {
    let database = TestDatabase::new().await;
    let value = [0, 159, 146, 150, b'"'];
    for _ in 0..2 {
        run(&database, batch(&[Some(&value)])).await.0.unwrap();
    }
    let letters = store::dead_letters::list(&mut database.pool.acquire().await.unwrap(), "engine-test").await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value.as_deref(), Some(value.as_slice()));
    assert_eq!(letters[0].key.as_deref(), Some(b"k".as_slice()));
    assert_eq!(
        letters[0].headers,
        format!(r#"[["h","{}"],["h","AQ=="]]"#, STANDARD.encode([104, 195, 171])).as_bytes()
    );
    assert_eq!((letters[0].topic.as_str(), letters[0].partition, letters[0].offset), ("t", 0, 0));
}

#[tokio::test]
async fn no_timestamp_or_header_of_a_producer_s_stops_the_batch() {
    let database = TestDatabase::new().await;
    let mut records = Vec::new();
    let timestamps = [json!(-1), json!(i64::MIN), json!(i64::MAX), json!(1.7e18), json!(u64::MAX), Value::Null];
    for (place, timestamp) in timestamps.iter().enumerate() {
        for value in [event(&format!("t{place}")), b"rubbish".to_vec()] {
            let mut record = record(2 * place + usize::from(value == b"rubbish"), Some(&value));
            record["timestamp"] = timestamp.clone();
            records.push(record);
        }
    }
    for headers in [Value::Null, json!([]), json!([{"h": null}]), json!([{}]), json!([{"h": [200, -128]}])] {
        let mut record = record(records.len(), Some(&event(&format!("h{}", records.len()))));
        record["headers"] = headers;
        records.push(record);
    }
    let payload = serde_json::from_value(json!({"records": {"t-0": records}})).unwrap();
    let (outcomes, _) = run(&database, payload).await;
    assert_eq!(outcomes.unwrap(), Outcomes { applied: 11, dead_lettered: 6, ..Outcomes::default() });
}

#[tokio::test]
async fn time_spent_reading_is_not_given_to_the_transaction_again() {
    let database = TestDatabase::new().await;
    let codes = Codes { slow_reader: true, statement: Some("select pg_sleep(30)"), ..Codes::default() };
    let (started, limit) = (Instant::now(), Duration::from_millis(1500));
    process(&database, &codes, batch(&[Some(&event("a"))]), limit).await.unwrap_err();
    assert!(started.elapsed() < limit, "{:?}", started.elapsed());
}

#[tokio::test]
async fn records_are_applied_in_the_order_of_their_partition_whatever_the_payload_s_order() {
    let database = TestDatabase::new().await;
    let (a, b, c) = (event("a"), event("b"), event("c"));
    let records = json!([record(12, Some(&c)), record(3, Some(&a)), record(7, Some(&b))]);
    let event = serde_json::from_value(json!({"records": {"t-0": records}})).unwrap();
    assert_eq!(run(&database, event).await.1, ["a", "b", "c"]);
}

#[tokio::test]
async fn when_applying_fails_nothing_changes_the_dead_letters_neither() {
    let database = TestDatabase::new().await;
    let codes = Codes { statement: Some("select no_such_function()"), ..Codes::default() };
    process(&database, &codes, batch(&[Some(&event("a")), Some(b"rubbish")]), LIMIT).await.unwrap_err();
    assert_eq!(dead_letters(&database).await, []);
}

#[tokio::test]
async fn a_batch_that_takes_longer_than_the_invocation_fails_before_it() {
    let database = TestDatabase::new().await;
    let codes = Codes { statement: Some("select pg_sleep(30)"), ..Codes::default() };
    let started = Instant::now();
    let error = process(&database, &codes, batch(&[Some(&event("a"))]), Duration::from_secs(1)).await.unwrap_err();
    let ProcessError::Database(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("timeout"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[test]
fn a_payload_that_is_neither_a_batch_nor_a_schedule_s_is_refused() {
    serde_json::from_str::<Payload>(r#"{"Records": []}"#).unwrap_err();
    let tick = serde_json::from_str::<Payload>(r#"{"detail-type": "Scheduled Event", "detail": {}}"#).unwrap();
    assert_eq!(tick, Payload::default());
}
