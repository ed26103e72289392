//! The roles and the database that everything else expects.

use anyhow::Context;
use sqlx::{Connection, PgConnection};

/// Makes what is missing of the two roles and the database.
pub(crate) async fn prepare(server: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&format!("{server}/postgres"))
        .await
        .context("cannot connect to PostgreSQL as its superuser")?;
    let wanted = [
        (
            "select from pg_roles where rolname = 'onceward_owner'",
            "create role onceward_owner login createdb createrole",
        ),
        ("select from pg_roles where rolname = 'onceward_app'", "create role onceward_app login"),
        ("select from pg_database where datname = 'onceward'", "create database onceward owner onceward_owner"),
    ];
    for (look, make) in wanted {
        let found =
            sqlx::query(look).fetch_optional(&mut connection).await.context("cannot read PostgreSQL's catalogue")?;
        if found.is_none() {
            sqlx::raw_sql(make).execute(&mut connection).await.with_context(|| format!("cannot {make}"))?;
        }
    }
    connection.close().await.context("cannot close a connection")
}
