//! A database that has only what the migrations make.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

const VARIABLE: &str = "OWNER_DATABASE_URL";

/// The owner's URL, from the environment, else `.env`, else the local default; `stack`, which knows these too, does not
/// compile while a statement lacks its metadata.
#[expect(clippy::disallowed_methods, reason = "the start of a local tool")]
pub(crate) fn owner_url(root: &Path) -> anyhow::Result<String> {
    let file = root.join(".env");
    let mut all = BTreeMap::new();
    if file.is_file() {
        let pairs = dotenvy::from_path_iter(&file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        all.extend(pairs.with_context(|| format!("cannot read {}", file.display()))?);
    }
    all.extend(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    let value = |name: &str| all.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let port = value("ONCEWARD_POSTGRES_PORT").unwrap_or("15432");
    let local = || format!("postgres://onceward_owner@127.0.0.1:{port}/onceward");
    Ok(value(VARIABLE).map_or_else(local, str::to_owned))
}

/// A database of this process.
pub(crate) struct Database {
    owner: PgConnection,
    options: PgConnectOptions,
    name: String,
}

impl Database {
    /// Makes it and applies the migrations of a folder.
    pub async fn create(owner_url: &str, migrations: &Path) -> anyhow::Result<Self> {
        let options: PgConnectOptions = owner_url.parse().with_context(|| format!("{VARIABLE} is no database URL"))?;
        let mut owner = options
            .connect()
            .await
            .with_context(|| format!("the database of {VARIABLE} does not answer: start it with `make up`"))?;
        let name = format!("queries_{}", std::process::id());
        sqlx::raw_sql(AssertSqlSafe(format!("drop database if exists {name}"))).execute(&mut owner).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut owner)
            .await
            .context("cannot make a scratch database: the owner needs `createdb`")?;
        let database = Self { owner, options: options.database(&name), name };
        match database.migrate(migrations).await {
            Ok(()) => Ok(database),
            Err(error) => {
                database.remove().await?;
                Err(error)
            }
        }
    }

    async fn migrate(&self, migrations: &Path) -> anyhow::Result<()> {
        let mut connection = self.options.connect().await.context("cannot connect to the scratch database")?;
        let migrator = Migrator::new(migrations).await.context("cannot read the migrations")?;
        migrator.run_direct(None, &mut connection, false).await.context("a migration failed on an empty database")?;
        connection.close().await.context("cannot leave the scratch database")
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }

    /// Drops it.
    pub async fn remove(mut self) -> anyhow::Result<()> {
        let drop = format!("drop database if exists {} with (force)", self.name);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut self.owner)
            .await
            .context("cannot drop the scratch database")?;
        self.owner.close().await.context("cannot leave the database")
    }
}
