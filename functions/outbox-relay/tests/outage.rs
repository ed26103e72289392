//! The relay while its broker is away, comes back, and takes part of what it is sent.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outbox_relay::{Relay, Relayed};
use settings::Environment;
use stack::kafka::{Broker, BrokerPorts};
use store::outbox::NewRow;
use testkit::{TestDatabase, TestTopic, eventually, sqlx};
use time::macros::datetime;

const NOW: time::OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
const PATIENCE: Duration = Duration::from_mins(1);
const KEYS: usize = 50;

fn relay(database: &TestDatabase, broker: &Broker, seconds: &str) -> Relay {
    let environment = Environment::from_iter([
        ("DATABASE_URL", database.url()),
        ("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap()),
        ("OUTBOX_RELAY_SECONDS", seconds.to_owned()),
    ]);
    Relay::start(&environment).unwrap()
}

/// Adds numbers of each key.
async fn write(database: &TestDatabase, topic: &TestTopic, numbers: std::ops::Range<usize>) {
    let rows: Vec<(String, String)> =
        numbers.flat_map(|number| (0..KEYS).map(move |key| (format!("key-{key}"), number.to_string()))).collect();
    let rows: Vec<NewRow<'_>> = rows
        .iter()
        .map(|(key, value)| NewRow {
            id: events::uuid_v7_at(NOW),
            topic: &topic.name,
            key,
            event_type: "test.happened",
            payload: value.as_bytes(),
        })
        .collect();
    store::outbox::insert(&mut database.pool.acquire().await.unwrap(), &rows).await.unwrap();
}

async fn pending(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from outbox").fetch_one(&database.pool).await.unwrap()
}

async fn until(what: &str, database: &TestDatabase, is_so: impl Fn(i64) -> bool) {
    let ask = || async { is_so(pending(database).await).then_some(()) };
    eventually(what, PATIENCE, ask).await;
}

/// Panics where a number of a key is missing, or appears for the first time behind a higher one.
fn assert_whole(topic: &TestTopic, each: usize) {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    for record in topic.read_all() {
        let number: usize = String::from_utf8(record.value.unwrap()).unwrap().parse().unwrap();
        let key = record.key.unwrap();
        let next = seen.entry(key.clone()).or_default();
        assert!(number <= *next, "{key:?}: {number} where {next} should come first");
        *next = (*next).max(number + 1);
    }
    assert_eq!(seen.len(), KEYS);
    assert!(seen.values().all(|count| *count == each), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_outage_leaves_behind_is_in_kafka_within_five_seconds_of_its_end_and_in_order() {
    let (artifacts, directory) = (testkit::artifacts(), stack::scratch().unwrap());
    let mut broker = Broker::start(&artifacts, directory.path(), BrokerPorts::free()).await.unwrap();
    let (database, topic) = (TestDatabase::new().await, TestTopic::on(&broker.bootstrap(), 3).await);
    let relay = relay(&database, &broker, "600");
    let running = tokio::spawn(async move { relay.handle(Some(Duration::from_secs(700)), NOW).await });
    write(&database, &topic, 0..1).await;
    until("the relay is warm", &database, |pending| pending == 0).await;

    // It dies while it takes them.
    write(&database, &topic, 1..401).await;
    until("some are published", &database, |pending| pending < 19_000).await;
    broker.kill();
    assert!(pending(&database).await > 0, "it died too late");
    write(&database, &topic, 401..501).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    broker.restart().await.unwrap();
    let back = Instant::now();
    until("all is published", &database, |pending| pending == 0).await;
    let after_death = back.elapsed();

    // It hangs while it takes them.
    write(&database, &topic, 501..701).await;
    until("some are published", &database, |pending| pending < 9_000).await;
    testkit::freeze(broker.pid()).await;
    assert!(pending(&database).await > 0, "it hung too late");
    write(&database, &topic, 701..901).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    let back = Instant::now();
    until("all is published", &database, |pending| pending == 0).await;
    let after_hanging = back.elapsed();

    running.abort();
    assert_whole(&topic, 901);
    let failures: i64 =
        sqlx::query_scalar("select count(*) from outbox_failures").fetch_one(&database.pool).await.unwrap();
    assert_eq!(failures, 0, "an outage is no fault of a key");
    assert!(after_death < Duration::from_secs(5), "{after_death:?}");
    assert!(after_hanging < Duration::from_secs(5), "{after_hanging:?}");
}

#[tokio::test]
async fn one_look_publishes_what_there_is_and_says_so() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    let environment = Environment::from_iter([
        ("DATABASE_URL", database.url()),
        ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap()),
        ("OUTBOX_RELAY_SECONDS", "0".to_owned()),
    ]);
    write(&database, &topic, 0..3).await;
    let relay = Relay::start(&environment).unwrap();
    let relayed = relay.handle(Some(Duration::from_mins(1)), NOW).await.unwrap();
    assert_eq!(relayed, Relayed { published: 150, refused: 0, forwarded: 0 });
    assert_whole(&topic, 3);
}

#[tokio::test]
async fn a_relay_ends_before_its_time_is_up() {
    let database = TestDatabase::new().await;
    let environment =
        Environment::from_iter([("DATABASE_URL", database.url()), ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap())]);
    let relay = Relay::start(&environment).unwrap();
    let started = Instant::now();
    assert_eq!(relay.handle(Some(Duration::from_secs(12)), NOW).await.unwrap(), Relayed::default());
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_relay_without_its_database_fails_so_that_somebody_knows() {
    let environment = Environment::from_iter([
        ("DATABASE_URL", format!("postgres://nobody@127.0.0.1:{}/none", stack::free_port())),
        ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap()),
        ("OUTBOX_RELAY_SECONDS", "0".to_owned()),
    ]);
    let relay = Relay::start(&environment).unwrap();
    relay.handle(Some(Duration::from_mins(1)), NOW).await.unwrap_err();
}
