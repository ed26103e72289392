//! A database of its own on the local server.

use anyhow::{Context, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use time::OffsetDateTime;

const NAME: &str = "onceward_bench";

/// The database, and a superuser's connections to its server and to itself.
pub(crate) struct Database {
    server: String,
    admin: PgConnection,
    pub(crate) connection: PgConnection,
}

impl Database {
    /// Makes it anew, with all migrations. The server's URL is a superuser's and names no database.
    pub(crate) async fn create(server: &str) -> anyhow::Result<Self> {
        let server = server.trim_end_matches('/').to_owned();
        let mut admin = connect(&server, "postgres").await?;
        let alone: bool = sqlx::query_scalar("select pg_try_advisory_lock(7002)").fetch_one(&mut admin).await?;
        ensure!(alone, "another benchmark runs on this server: wait until it is done");
        drop_database(&mut admin).await?;
        execute(&mut admin, &format!("create database {NAME} owner onceward_owner")).await?;
        let connection = connect(&server, NAME).await?;
        let database = Self { server, admin, connection };
        store::migrate(&database.url("onceward_owner")).await?;
        Ok(database)
    }

    /// The URL by which a role logs in.
    pub(crate) fn url(&self, role: &str) -> String {
        let host = self.server.rsplit_once('@').map_or(self.server.as_str(), |(_, host)| host);
        format!("postgres://{role}@{host}/{NAME}")
    }

    /// The hour before the server's, whose clicks have a partition.
    pub(crate) async fn last_hour(&mut self) -> sqlx::Result<OffsetDateTime> {
        sqlx::query_scalar("select date_trunc('hour', now(), 'UTC') - interval '1 hour'")
            .fetch_one(&mut self.connection)
            .await
    }

    pub(crate) async fn empty(&mut self) -> anyhow::Result<()> {
        execute(
            &mut self.connection,
            "truncate clicks, link_click_deltas, link_clicks_hourly, link_clicks_daily, link_clicks_by_country",
        )
        .await
    }

    pub(crate) async fn empty_discussions(&mut self) -> anyhow::Result<()> {
        execute(
            &mut self.connection,
            "truncate threads, comments, votes, thread_aggregates, thread_activity, thread_periods, course_days, outbox, outbox_failures",
        )
        .await
    }

    /// Leaves the next measurement no page of the one before to write.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        execute(&mut self.connection, "checkpoint").await
    }

    /// Leaves it no rows of a table that was filled at once to look through.
    pub(crate) async fn vacuum_clicks(&mut self) -> anyhow::Result<()> {
        execute(&mut self.connection, "vacuum (analyze) clicks").await
    }

    pub(crate) async fn remove(mut self) -> anyhow::Result<()> {
        self.connection.close().await.ok();
        drop_database(&mut self.admin).await
    }
}

async fn connect(server: &str, database: &str) -> anyhow::Result<PgConnection> {
    let connected = PgConnection::connect(&format!("{server}/{database}")).await;
    connected.context("PostgreSQL does not answer: run `make up`")
}

async fn drop_database(admin: &mut PgConnection) -> anyhow::Result<()> {
    execute(admin, &format!("drop database if exists {NAME} with (force)")).await
}

async fn execute(connection: &mut PgConnection, statement: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await
        .with_context(|| statement.to_owned())?;
    Ok(())
}
