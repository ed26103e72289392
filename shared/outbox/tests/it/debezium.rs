//! What `docs/operations.md` says of Debezium, held against our table and a real slot.

use std::collections::{BTreeMap, HashMap};

use events::{CLOUDEVENTS_JSON, Event, Wire, decode};
use stack::postgres::Server;
use store::{Connection, PgConnection};
use testkit::sqlx::{self, AssertSqlSafe};
use testkit::{TestDatabase, click_event, eventually};

use crate::support::WITHIN;

/// The blocks of code in this language, of the section about Debezium.
fn blocks(language: &str) -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## Debezium instead of the relay\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks = section.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| Some(block.strip_prefix(language)?.strip_prefix('\n')?.to_owned())).collect()
}

/// The connector's settings.
fn settings() -> BTreeMap<String, String> {
    let blocks = blocks("properties");
    let lines = blocks[0].lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let setting = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    lines.map(setting).collect()
}

/// The publication, and the deleting of rows.
fn statements() -> [String; 2] {
    blocks("sql").try_into().unwrap()
}

/// Which column the router takes what from.
fn routed(settings: &BTreeMap<String, String>) -> [&str; 4] {
    ["table.field.event.id", "route.by.field", "table.field.event.key", "table.field.event.payload"]
        .map(|name| settings[&format!("transforms.outbox.{name}")].as_str())
}

#[tokio::test]
async fn the_columns_that_the_event_router_reads_are_there_and_of_types_that_it_takes() {
    let database = TestDatabase::new().await;
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select column_name, data_type, is_nullable from information_schema.columns
         where table_schema = 'public' and table_name = 'outbox'",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    let columns: HashMap<&str, (&str, &str)> =
        columns.iter().map(|(name, of, nullable)| (name.as_str(), (of.as_str(), nullable.as_str()))).collect();
    let settings = settings();
    // The names are those that it has where nothing is set.
    assert_eq!(routed(&settings), ["id", "aggregatetype", "aggregateid", "payload"]);
    // A topic and a key are texts, and a payload that is sent byte by byte is bytes.
    for (column, of) in routed(&settings).into_iter().zip(["uuid", "text", "text", "bytea"]) {
        assert_eq!(columns[column], (of, "NO"), "{column}");
    }
    assert_eq!(columns["type"], ("text", "NO"));
}

#[test]
fn the_settings_fit_each_other_and_what_is_sent_otherwise() {
    let settings = settings();
    let [publication, deleting] = statements();
    let of = |name: &str| settings[name].as_str();
    assert_eq!(of("table.include.list"), "public.outbox");
    assert!(publication.contains(&format!("create publication {} for table outbox", of("publication.name"))));
    assert!(publication.contains(&format!("to {};", of("database.user"))));
    assert!(deleting.contains(&format!("slot_name = '{}'", of("slot.name"))));
    for name in of("transforms").split(',') {
        assert!(settings.contains_key(&format!("transforms.{name}.type")), "{name}");
    }
    assert_eq!(of("transforms.outbox.route.topic.replacement"), "${routedByValue}", "the topic, and nothing before it");
    assert_eq!(of("transforms.structured.header"), "content-type");
    assert_eq!(of("transforms.structured.value.literal"), CLOUDEVENTS_JSON);
    assert!(!settings.contains_key("transforms.outbox.table.field.event.timestamp"), "created_at is no number");
}

/// A message of logical replication, field by field.
struct Message<'a>(&'a [u8]);

impl<'a> Message<'a> {
    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> usize {
        self.take(bytes).iter().fold(0, |number, byte| number * 256 + usize::from(*byte))
    }

    fn name(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap();
        let name = String::from_utf8(self.take(end).to_vec()).unwrap();
        self.take(1);
        name
    }

    /// The columns that a table is sent with.
    fn columns(mut self) -> Vec<String> {
        // Its kind and the table's number; then schema, name and replica identity.
        self.take(5);
        assert_eq!([self.name(), self.name()], ["public", "outbox"]);
        self.take(1);
        let columns = self.number(2);
        let column = |_| {
            self.take(1);
            let name = self.name();
            self.take(8);
            name
        };
        (0..columns).map(column).collect()
    }

    /// The values of a row that came.
    fn values(mut self) -> Vec<String> {
        self.take(5);
        assert_eq!(self.take(1), b"N");
        let columns = self.number(2);
        let value = |_| {
            assert_eq!(self.take(1), b"t", "a value as text");
            let length = self.number(4);
            String::from_utf8(self.take(length).to_vec()).unwrap()
        };
        (0..columns).map(value).collect()
    }
}

/// Rows of the outbox as the slot has them, by column.
async fn streamed(connection: &mut PgConnection, settings: &BTreeMap<String, String>) -> Vec<HashMap<String, String>> {
    let changes: Vec<Vec<u8>> = sqlx::query_scalar(
        "select data from pg_logical_slot_peek_binary_changes(
             $1, null, null, 'proto_version', '1', 'publication_names', $2
         )",
    )
    .bind(&settings["slot.name"])
    .bind(&settings["publication.name"])
    .fetch_all(connection)
    .await
    .unwrap();
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    for change in &changes {
        match change[0] {
            b'R' => columns = Message(change).columns(),
            b'I' => rows.push(columns.iter().cloned().zip(Message(change).values()).collect()),
            kind => assert!([b'B', b'C'].contains(&kind), "only that rows come is published: {}", char::from(kind)),
        }
    }
    rows
}

/// A server of its own, whose log can be decoded, with a database of ours on it.
async fn logical(server: &mut Server) -> TestDatabase {
    let mut admin = PgConnection::connect(&server.url("postgres", "postgres")).await.unwrap();
    sqlx::raw_sql("alter system set wal_level = 'logical'").execute(&mut admin).await.unwrap();
    sqlx::raw_sql("create role onceward_debezium login replication").execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    server.restart().await.unwrap();
    TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await
}

async fn execute(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_slot_made_as_documented_gives_each_committed_event_once_as_it_was_written_and_no_deletion() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = logical(&mut server).await;
    let (settings, [publication, deleting]) = (settings(), statements());
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    execute(&mut owner, &publication).await;
    let url = database.url().replace("onceward_app@", &format!("{}@", settings["database.user"]));
    let mut debezium = PgConnection::connect(&url).await.unwrap();
    sqlx::query("select pg_create_logical_replication_slot($1, $2)")
        .bind(&settings["slot.name"])
        .bind(&settings["plugin.name"])
        .execute(&mut debezium)
        .await
        .unwrap();

    let events: Vec<Event> = ["a", "b", "a"].map(click_event).into();
    let mut app = PgConnection::connect(&database.url()).await.unwrap();
    let mut undone = app.begin().await.unwrap();
    outbox::write(&mut undone, "link.clicks", &[click_event("undone")]).await.unwrap();
    undone.rollback().await.unwrap();
    outbox::write(&mut app, "link.clicks", &events).await.unwrap();
    execute(&mut owner, "update outbox set created_at = created_at - interval '1 hour' where aggregateid = 'b'").await;
    execute(&mut owner, &deleting).await;
    let left: i64 = sqlx::query_scalar("select count(*) from outbox").fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 3, "nothing goes while nobody reads the slot");
    execute(&mut owner, "delete from outbox").await;

    let rows = streamed(&mut debezium, &settings).await;
    assert_eq!(rows.len(), events.len(), "{rows:?}");
    for (row, event) in rows.iter().zip(&events) {
        let [id, topic, key, payload] = routed(&settings).map(|column| row[column].as_str());
        assert_eq!((id, topic, key), (event.id.as_str(), "link.clicks", event.key()));
        let value = bytes(payload);
        assert_eq!(value, event.to_structured_json());
        // With the header that the router adds, and with ours too.
        let id = ("id".to_owned(), id.as_bytes().to_vec());
        let ours = ("content-type".to_owned(), settings["transforms.structured.value.literal"].as_bytes().to_vec());
        for headers in [&[id.clone()][..], &[id, ours]] {
            assert_eq!(decode(Wire { value: &value, headers }).unwrap(), *event);
        }
    }
}

/// Until it is made, a slot is in the hands of whoever makes it, who waits for all transactions that run.
#[tokio::test]
async fn rows_go_once_they_are_old_while_somebody_has_the_slot() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = logical(&mut server).await;
    let (settings, [_, deleting]) = (settings(), statements());
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let events: Vec<Event> = ["a", "b", "a"].map(click_event).into();
    outbox::write(&mut owner, "link.clicks", &events).await.unwrap();
    execute(&mut owner, "update outbox set created_at = created_at - interval '1 hour' where aggregateid = 'b'").await;

    let mut running = PgConnection::connect(&database.owner_url()).await.unwrap();
    execute(&mut running, "begin; select pg_current_xact_id()").await;
    let url = database.url().replace("onceward_app@", &format!("{}@", settings["database.user"]));
    let mut debezium = PgConnection::connect(&url).await.unwrap();
    let making = async {
        sqlx::query("select pg_create_logical_replication_slot($1, $2)")
            .bind(&settings["slot.name"])
            .bind(&settings["plugin.name"])
            .execute(&mut debezium)
            .await
            .unwrap();
    };
    let deleted = async {
        let is_active = "select coalesce(bool_or(active), false) from pg_replication_slots";
        eventually("somebody has the slot", WITHIN, || async {
            let is_active: bool = sqlx::query_scalar(is_active).fetch_one(&database.pool).await.unwrap();
            is_active.then_some(())
        })
        .await;
        execute(&mut owner, &deleting).await;
        execute(&mut running, "rollback").await;
    };
    tokio::join!(making, deleted);
    let left: Vec<String> =
        sqlx::query_scalar("select aggregateid from outbox order by seq").fetch_all(&mut owner).await.unwrap();
    assert_eq!(left, ["a", "a"]);
}

/// Bytes as PostgreSQL writes them as text.
fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("\\x").unwrap();
    let byte = |place: usize| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
