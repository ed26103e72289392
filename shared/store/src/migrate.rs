use anyhow::Context;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection, PgConnection};

/// The migrations, as they were when this was compiled. A database that is ahead of them is taken as it is, so that the release
/// before can be deployed again.
#[must_use]
pub fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("../../migrations");
    migrations.set_ignore_missing(true);
    migrations
}

/// Applies what is missing, under an advisory lock, makes the partitions of last month and the four after it, and says which
/// migrations it applied. The URL is the owner's.
pub async fn migrate(owner_url: &str) -> anyhow::Result<Vec<String>> {
    let mut connection = PgConnection::connect(owner_url)
        .await
        .context("the database does not answer: check OWNER_DATABASE_URL and that the server runs")?;
    connection.lock().await.context("the lock that keeps migrations apart could not be taken")?;
    let migrations = migrations();
    let before = applied(&mut connection, &migrations).await.context(
        "applied migrations cannot be recorded: check that OWNER_DATABASE_URL names the role that owns the database",
    )?;
    migrations
        .run_direct(None, &mut connection, false)
        .await
        .context("a migration failed and was rolled back; those before it stay")?;
    crate::housekeeping::make_partitions(&mut connection)
        .await
        .context("no partitions of clicks could be made: try again")?;
    connection.close().await.ok();
    Ok(migrations
        .iter()
        .filter(|migration| !before.contains(&migration.version))
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect())
}

async fn applied(connection: &mut PgConnection, migrations: &Migrator) -> anyhow::Result<Vec<i64>> {
    connection.ensure_migrations_table(&migrations.table_name).await?;
    let applied = connection.list_applied_migrations(&migrations.table_name).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}
