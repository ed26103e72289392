use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::time::timeout;

use crate::servers;

/// How long the server has to drop a database: one that is frozen never does.
const DROP_LIMIT: Duration = Duration::from_secs(10);

/// A database with all migrations, for one test. Dropped with its value.
pub struct TestDatabase {
    name: String,
    server: String,
    /// Connections as the application's role.
    pub pool: PgPool,
}

impl TestDatabase {
    /// Makes one on the server of `make up`, or the one that `TEST_POSTGRES_URL` names.
    pub async fn new() -> Self {
        let local = servers::local().server_url();
        Self::on(servers::environment().optional("TEST_POSTGRES_URL").unwrap_or(&local)).await
    }

    /// Makes one on this server; the URL is a superuser's and names no database.
    pub async fn on(server: &str) -> Self {
        let template = make_template(server).await;
        let name = crate::unique_name().replace('.', "_");
        execute(server, &format!("create database {name} template {template} owner onceward_owner strategy wal_log"))
            .await;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect_lazy(&url(server, "onceward_app", &name))
            .expect("a valid URL");
        Self { name, server: server.to_owned(), pool }
    }

    /// `DATABASE_URL` of the application's role.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.server, "onceward_app", &self.name)
    }

    /// `OWNER_DATABASE_URL`.
    #[must_use]
    pub fn owner_url(&self) -> String {
        url(&self.server, "onceward_owner", &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), format!("drop database if exists {} with (force)", self.name));
        // The test's own runtime may be the one that is being left.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let dropped = runtime.block_on(async { timeout(DROP_LIMIT, try_execute(&server, &statement)).await });
            dropped.map_err(anyhow::Error::from).flatten()
        });
        // A test that took the server down leaves nothing to drop, and one that froze it nobody who answers.
        dropped.join().ok();
    }
}

/// The template is named after the migrations, so that changed ones make another.
async fn make_template(server: &str) -> String {
    let mut hasher = DefaultHasher::new();
    for migration in store::migrations().iter() {
        migration.checksum.hash(&mut hasher);
    }
    let name = format!("template_{:016x}", hasher.finish());
    let mut admin =
        PgConnection::connect(&url(server, "postgres", "postgres")).await.expect("PostgreSQL answers: run `make up`");
    // Two tests must not make it at once; the lock goes with the connection.
    sqlx::query("select pg_advisory_lock(7001)").execute(&mut admin).await.expect("an advisory lock");
    let ready: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1 and datistemplate)")
            .bind(&name)
            .fetch_one(&mut admin)
            .await
            .expect("a list of databases");
    if !ready {
        execute(server, &format!("drop database if exists {name} with (force)")).await;
        make_roles(server).await;
        execute(server, &format!("create database {name} owner onceward_owner")).await;
        store::migrate(&url(server, "onceward_owner", &name)).await.expect("the migrations can be applied");
        execute(server, &format!("alter database {name} is_template true")).await;
    }
    name
}

async fn make_roles(server: &str) {
    for statement in ["create role onceward_owner login createrole createdb", "create role onceward_app login"] {
        // `make up` has made them already, where it made the server.
        try_execute(server, statement).await.ok();
    }
}

async fn execute(server: &str, statement: &str) {
    try_execute(server, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn try_execute(server: &str, statement: &str) -> anyhow::Result<()> {
    let mut admin = PgConnection::connect(&url(server, "postgres", "postgres")).await?;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut admin).await?;
    Ok(admin.close().await?)
}

fn url(server: &str, role: &str, database: &str) -> String {
    let (_, host) = server.split_once('@').expect("a URL such as postgres://postgres@127.0.0.1:15432");
    format!("postgres://{role}@{}/{database}", host.trim_end_matches('/'))
}
