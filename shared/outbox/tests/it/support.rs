use std::collections::HashMap;
use std::time::Duration;

use kafka::{KafkaSettings, OrderedPublisher};
use settings::Environment;
use store::outbox::NewRow;
use store::{Connection, PgConnection, PgPool, Postgres, Transaction};
use testkit::{Read, TestDatabase, TestTopic, bootstrap, eventually, sqlx};
use time::macros::datetime;
use tokio::task::JoinHandle;

/// Longer than anything here takes.
pub const WITHIN: Duration = Duration::from_secs(20);

pub fn publisher(bootstrap: &str) -> OrderedPublisher {
    let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", bootstrap)]);
    OrderedPublisher::start(KafkaSettings::read(&environment).unwrap()).unwrap()
}

/// Connections of its own, as another process has.
pub fn pool_of(database: &TestDatabase) -> PgPool {
    store::pool(&Environment::from_iter([("DATABASE_URL", database.url())])).unwrap()
}

/// A relay as another process would be: it ends when the task is aborted.
pub fn relay(pool: PgPool) -> JoinHandle<()> {
    let publisher = publisher(&bootstrap());
    tokio::spawn(async move {
        loop {
            outbox::drain_all(&pool, &publisher, WITHIN).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

/// Writes rows (key, value) in one transaction, and gives their shards.
pub async fn write(connection: &mut PgConnection, topic: &str, rows: &[(String, String)]) -> Vec<i16> {
    let rows: Vec<NewRow<'_>> = rows
        .iter()
        .map(|(key, value)| NewRow {
            id: events::uuid_v7_at(datetime!(2026-11-21 09:30 UTC)),
            topic,
            key,
            event_type: "test.happened",
            payload: value.as_bytes(),
        })
        .collect();
    store::outbox::insert(connection, &rows).await.unwrap()
}

/// Rows of so many keys in turn, each with its number within its key.
pub fn rows(keys: usize, each: usize) -> Vec<(String, String)> {
    numbered(keys, 0..each)
}

pub fn numbered(keys: usize, numbers: std::ops::Range<usize>) -> Vec<(String, String)> {
    numbers.flat_map(|number| (0..keys).map(move |key| (format!("key-{key}"), number.to_string()))).collect()
}

/// A connection of its own, as another process would have.
pub async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.url()).await.unwrap()
}

pub async fn count(database: &TestDatabase, table: &'static str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&database.pool).await.unwrap()
}

/// A key of this shard. It has the value 0 then, and so have some of other shards.
pub async fn neighbour(connection: &mut PgConnection, topic: &str, shards: &[i16]) -> String {
    for number in 1.. {
        let key = format!("neighbour-{number}");
        if write(connection, topic, &[(key.clone(), "0".to_owned())]).await == shards {
            return key;
        }
    }
    unreachable!("there are sixteen shards")
}

/// How many rows were published, as the outbox counts them.
pub async fn published(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select coalesce(sum(published), 0)::bigint from outbox_totals")
        .fetch_one(&database.pool)
        .await
        .unwrap()
}

/// The values of each key in the order of their first appearance, and how many records there are.
pub fn first_appearances(records: Vec<Read>) -> (HashMap<String, Vec<String>>, usize) {
    let mut of_key: HashMap<String, Vec<String>> = HashMap::new();
    let all = records.len();
    for record in records {
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        let (key, value) = (text(record.key), text(record.value));
        let seen = of_key.entry(key).or_default();
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    (of_key, all)
}

/// Panics where a key lacks a value, or has them out of order. Gives how many records there are, with those that appear again.
pub fn assert_whole(topic: &TestTopic, keys: usize, each: usize) -> usize {
    let (of_key, all) = first_appearances(topic.read_all());
    let expected: Vec<String> = (0..each).map(|number| number.to_string()).collect();
    assert_eq!(of_key.len(), keys);
    for (key, values) in of_key {
        assert!(values == expected, "{key}: {} of {each} values, in this order: {values:?}", values.len());
    }
    all
}

/// Until this transaction ends, whoever deletes rows of the outbox waits.
pub async fn hold_deletions<'c>(database: &TestDatabase, holder: &'c mut PgConnection) -> Transaction<'c, Postgres> {
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "create function wait() returns trigger language plpgsql set lock_timeout = '60s' as $$
         begin
             perform pg_advisory_xact_lock_shared(7001);
             return null;
         end $$;
         create trigger wait before delete on outbox for each statement execute function wait()",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut lock = holder.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7001)").execute(&mut *lock).await.unwrap();
    lock
}

/// Until so many relays wait with a chunk in hand.
pub async fn stuck(database: &TestDatabase, relays: i64) {
    let are_stuck = || async {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks
             where locktype = 'advisory' and not granted
                 and database = (select oid from pg_database where datname = current_database())",
        )
        .fetch_one(&database.pool)
        .await
        .unwrap();
        (waiting == relays).then_some(())
    };
    eventually("a relay has a chunk in hand", WITHIN, are_stuck).await;
}
