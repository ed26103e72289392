use std::process::{Command, Output};

use serde_json::Value;
use store::dead_letters::{self, DeadLetter};
use store::inbox::{self, Receipt, State};
use testkit::TestDatabase;
use testkit::sqlx::{self, AssertSqlSafe};
use time::OffsetDateTime;
use time::macros::datetime;

pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

/// A key that would clear the screen.
pub const HOSTILE: &[u8] = b"\0\xff\x1b[2J\\n";

/// What a command said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

pub fn raw(database: &TestDatabase, arguments: &[&str]) -> Output {
    run(&database.url(), arguments)
}

fn run(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_operator"));
    command.args(arguments).env("DATABASE_URL", url).env("USER", "ada").output().unwrap()
}

pub fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap() }
}

pub fn operator(database: &TestDatabase, arguments: &[&str]) -> Said {
    said(raw(database, arguments))
}

/// The answer of a command that must succeed.
pub fn must(database: &TestDatabase, arguments: &[&str]) -> String {
    must_on(&database.url(), arguments)
}

pub fn must_on(url: &str, arguments: &[&str]) -> String {
    let said = said(run(url, arguments));
    assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
    said.out
}

pub fn json(database: &TestDatabase, arguments: &[&str]) -> Value {
    serde_json::from_str(&must(database, arguments)).unwrap()
}

/// What it says to a command that must fail.
pub fn refused(database: &TestDatabase, arguments: &[&str]) -> String {
    let said = operator(database, arguments);
    assert_eq!(said.code, 1, "{arguments:?}: {said:?}");
    said.out + &said.err
}

pub fn letter(key: Option<&[u8]>, offset: i64) -> DeadLetter {
    DeadLetter {
        topic: "order.events".to_owned(),
        partition: 1,
        offset,
        record_time: Some(NOW),
        key: key.map(<[u8]>::to_vec),
        value: Some(format!("{{\n  \"offset\": {offset}\n}}").into_bytes()),
        headers: br#"[["traceparent","MDAtYWI="],["","/w=="]]"#.to_vec(),
        event_source: Some("/orders".to_owned()),
        event_id: Some(offset.to_string()),
        error_class: "invalid-data",
        error: "quantity is\nnot a number".to_owned(),
        attempts: 1,
    }
}

/// Keeps letters as the engine does, and gives their numbers.
pub async fn keep(database: &TestDatabase, letters: &[DeadLetter]) -> Vec<String> {
    let mut connection = database.pool.acquire().await.unwrap();
    for letter in letters {
        let (source, event_id) = (letter.event_source.as_deref().unwrap(), letter.event_id.as_deref().unwrap());
        let (topic, partition, offset) = (letter.topic.as_str(), letter.partition, letter.offset);
        let receipt = Receipt { source, event_id, topic, partition, offset };
        inbox::claim(&mut connection, "order-consumer", &[receipt], State::DeadLettered, NOW).await.unwrap();
    }
    dead_letters::insert(&mut connection, "order-consumer", letters).await.unwrap();
    let ids: Vec<i64> = sqlx::query_scalar("select dead_letter_id from dead_letters order by dead_letter_id")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    ids.iter().map(i64::to_string).collect()
}

/// Every row of the tables that a repair may touch.
pub async fn everything(database: &TestDatabase) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["dead_letters", "inbox", "parked_events", "blocked_keys", "outbox"] {
        let all = format!("select '{table} ' || to_jsonb(t)::text from {table} as t order by 1");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(all)).fetch_all(&database.pool).await.unwrap());
    }
    rows
}
