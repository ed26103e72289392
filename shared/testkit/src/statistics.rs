use sqlx::PgConnection;

/// Rows of a table that were read, by an index or without one.
pub async fn read_rows(connection: &mut PgConnection, table: &str) -> i64 {
    // What a session has counted itself it makes known now.
    sqlx::query("select pg_stat_force_next_flush()").execute(&mut *connection).await.expect("statistics are sent");
    sqlx::query("select 1").execute(&mut *connection).await.expect("statistics are sent");
    let statement = "select (seq_tup_read + coalesce((
             select sum(idx_tup_read) from pg_stat_user_indexes as i where i.relid = t.relid
         ), 0))::bigint
         from pg_stat_user_tables as t where relname = $1";
    sqlx::query_scalar(statement).bind(table).fetch_one(connection).await.expect("the table has statistics")
}
