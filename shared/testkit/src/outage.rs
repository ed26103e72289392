use sqlx::{AssertSqlSafe, PgPool};

use crate::TestDatabase;

/// Breaks all tables, so that a request is let in with this key and whatever it is for then fails: of the keys, only this row is left
/// to be read or written.
pub async fn break_tables(database: &TestDatabase, key: &str) {
    let owner = PgPool::connect(&database.owner_url()).await.expect("the owner is let in");
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'api_keys'",
    )
    .fetch_all(&owner)
    .await
    .expect("a list of tables");
    let mut statements: Vec<String> =
        tables.iter().enumerate().map(|(n, table)| format!("alter table {table} rename to broken_{n}")).collect();
    let key_id = key.split('_').nth(1).expect("a key has its id in the middle");
    // Only at the row itself does it show that nothing can be divided by this.
    let other = "1 / (length(key_id) - length(key_id)) = 0";
    statements.push(format!("create policy broken on api_keys using (key_id = '{key_id}' or {other})"));
    statements.push("alter table api_keys enable row level security".to_owned());
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&owner).await.expect("the owner may change everything");
    }
    owner.close().await;
}
