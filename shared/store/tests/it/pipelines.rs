//! What one pipeline keeps is no other's business, so that each may have a database of its own. Some of it still is, and says why here.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::types::JsonValue;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use testkit::TestDatabase;

/// What each keeps.
const PIPELINES: [(&str, &[&str]); 5] = [
    (
        "clicks",
        &["clicks", "link_click_deltas", "link_clicks_by_country", "link_clicks_daily", "link_clicks_hourly", "links"],
    ),
    ("users", &["audit_heads", "audit_log", "audit_verifications", "user_auth_events", "users"]),
    ("orders", &["inventory", "inventory_adjustments", "order_items", "orders", "payments"]),
    ("discussions", &["comments", "threads", "votes"]),
    ("analytics", &["course_days", "thread_activity", "thread_aggregates", "thread_periods"]),
];

/// What the engine, the outbox and the interfaces keep beside that, wherever they run.
const EVERYWHERE: [&str; 13] = [
    "api_keys",
    "blocked_keys",
    "consumer_batch_totals",
    "consumer_batches",
    "consumer_failures",
    "consumer_totals",
    "dead_letters",
    "idempotency_keys",
    "inbox",
    "outbox",
    "outbox_failures",
    "outbox_totals",
    "parked_events",
];

/// Statements about two pipelines: a part of each, and why it is.
const JOINED: [(&str, &str); 1] =
    [("from orders where orders.user_id = users.user_id", "a user is shown with their last orders in one answer")];

/// Keys from one to another, and why.
const REFERRING: [(&str, &str); 1] =
    [("orders_users_fkey", "an order waits for its user, which two consumers in one database see at one moment")];

fn pipeline_of(table: &str) -> Option<&'static str> {
    // A month's partition.
    let table = if table.starts_with("clicks_") { "clicks" } else { table };
    PIPELINES.iter().find(|(_, tables)| tables.contains(&table)).map(|(name, _)| *name)
}

/// The texts of all statements that are checked when they compile.
fn statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let statement = |file: String| {
        let described: JsonValue = file.parse().unwrap();
        described["query"].as_str().unwrap().to_owned()
    };
    files.map(statement).collect()
}

/// The tables that a statement reads or writes, by the plan of the server. What the database's own functions and triggers do is in none.
async fn tables(owner: &mut PgConnection, statement: &str) -> BTreeSet<String> {
    let explained = AssertSqlSafe(format!("explain (generic_plan, verbose) {statement}"));
    let plan = sqlx::raw_sql(explained).fetch_all(owner).await.expect(statement);
    let plan = plan.iter().map(|line| line.get::<String, _>(0)).collect::<Vec<_>>().join("\n");
    let name =
        |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    plan.split(" on public.").skip(1).map(name).collect()
}

/// In one line, with one space between words.
fn flat(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_table_belongs_to_one_pipeline_or_to_what_all_of_them_have() {
    let database = TestDatabase::new().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> '_sqlx_migrations'
         order by relname collate \"C\"",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    let mut known: Vec<&str> =
        PIPELINES.iter().flat_map(|(_, tables)| tables.iter()).chain(&EVERYWHERE).copied().collect();
    known.sort_unstable();
    assert_eq!(tables, known);
}

#[tokio::test]
async fn no_statement_is_about_two_pipelines_but_those_that_say_why() {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let statements = statements();
    assert!(statements.len() > 100, "{} statements", statements.len());
    let mut joined = BTreeSet::new();
    for statement in &statements {
        let tables = tables(&mut owner, statement).await;
        let pipelines: BTreeSet<_> = tables.iter().filter_map(|table| pipeline_of(table)).collect();
        if pipelines.len() > 1 {
            let text = flat(statement);
            let known = JOINED.iter().find(|(part, _)| text.contains(part));
            let (part, _) = known.unwrap_or_else(|| panic!("{pipelines:?} in one statement: {statement}"));
            joined.insert(*part);
        }
    }
    let reasoned = BTreeSet::from(JOINED.map(|(part, _)| part));
    assert_eq!(joined, reasoned, "a statement that joins nothing any more needs no reason");
}

#[tokio::test]
async fn no_key_refers_to_another_pipeline_but_those_that_say_why() {
    let database = TestDatabase::new().await;
    let keys: Vec<(String, String, String)> = sqlx::query_as(
        "select conname::text, conrelid::regclass::text, confrelid::regclass::text from pg_constraint
         where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert!(keys.len() > 5, "{keys:?}");
    let crossing =
        keys.iter().filter(|(_, from, to)| pipeline_of(from) != pipeline_of(to)).map(|(name, ..)| name.as_str());
    assert_eq!(crossing.collect::<Vec<_>>(), REFERRING.map(|(name, _)| name));
}
