//! What is done by hand in the database: a cause of failure and its repair, and a row of the outbox.

use anyhow::Context as _;
use events::Event;
use settings::Environment;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use store::PgPool;
use uuid::Uuid;

use crate::plan::REFUSED;

/// Makes the database refuse clicks of this code from one country, until [`repair`]. Nobody else has the code.
pub(crate) async fn spoil(variables: &Environment, code: &str) -> anyhow::Result<()> {
    repair(variables).await?;
    // A code has letters and digits only.
    as_owner(
        variables,
        format!(
            "alter table clicks add constraint clicks_refused_by_demo
             check (short_code <> '{code}' or country <> '{REFUSED}') not valid"
        ),
    )
    .await
}

/// Takes it back, where it was done.
pub(crate) async fn repair(variables: &Environment) -> anyhow::Result<()> {
    as_owner(variables, "alter table clicks drop constraint if exists clicks_refused_by_demo".to_owned()).await
}

/// Runs statements as the role that owns the tables, all or none of them.
pub(crate) async fn as_owner(variables: &Environment, statement: String) -> anyhow::Result<()> {
    let failed = || format!("PostgreSQL did not run `{statement}`");
    let mut owner = PgConnection::connect(variables.required("OWNER_DATABASE_URL")?).await.with_context(failed)?;
    sqlx::query("set lock_timeout = '10s'").execute(&mut owner).await.with_context(failed)?;
    sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut owner).await.with_context(failed)?;
    owner.close().await.with_context(failed)
}

/// Commits the event as a row of the outbox, as any program that changes a table would.
pub(crate) async fn write_outbox(pool: &PgPool, topic: &str, key: &str, id: Uuid, event: &Event) -> anyhow::Result<()> {
    sqlx::query("insert into outbox (id, aggregatetype, aggregateid, type, payload) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(topic)
        .bind(key)
        .bind("link.clicked")
        .bind(event.to_structured_json())
        .execute(pool)
        .await
        .map(drop)
        .context("PostgreSQL took no row of the outbox")
}

/// How many rows of the event the outbox has.
pub(crate) async fn outbox_rows(pool: &PgPool, id: Uuid) -> anyhow::Result<u64> {
    let rows: i64 = sqlx::query_scalar("select count(*) from outbox where id = $1").bind(id).fetch_one(pool).await?;
    Ok(rows.unsigned_abs())
}
