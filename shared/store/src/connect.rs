use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use settings::{Environment, SettingError};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};

/// How long a connection may wait for a lock: longer means that a dead environment still holds it.
const LOCK_TIMEOUT: &str = "5s";
/// After what time the server ends a transaction that its environment froze or died in.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "10s";

/// A pool that connects when it is first used, from `DATABASE_URL`, `DATABASE_MAX_CONNECTIONS` (1: an environment runs one
/// invocation at a time) and `DATABASE_ACQUIRE_TIMEOUT_MS` (1000). Needs a tokio runtime.
pub fn pool(environment: &Environment) -> Result<PgPool, SettingError> {
    pool_of(environment, "DATABASE_URL")
}

/// The same for the database that another variable names.
pub fn pool_of(environment: &Environment, variable: &str) -> Result<PgPool, SettingError> {
    let url = environment.required(variable)?;
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| SettingError::Invalid { name: variable.to_owned(), reason: error.to_string() })?;
    let options =
        options.application_name(environment.optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or("onceward")).options([
            ("lock_timeout", LOCK_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        ]);
    let acquire_timeout = environment.parsed("DATABASE_ACQUIRE_TIMEOUT_MS", 1000)?;
    Ok(PgPoolOptions::new()
        .max_connections(environment.parsed("DATABASE_MAX_CONNECTIONS", NonZeroU32::MIN)?.get())
        .acquire_timeout(Duration::from_millis(acquire_timeout))
        .after_connect(|_, _| {
            #[cfg(target_os = "linux")]
            crate::nodelay::set();
            Box::pin(async { Ok(()) })
        })
        .connect_lazy_with(options))
}

/// A time limit as PostgreSQL reads it: it takes no more milliseconds than an i32 holds, and takes 0 for no limit.
pub(crate) fn milliseconds(limit: Duration) -> String {
    format!("{}ms", limit.as_millis().clamp(1, i32::MAX as u128))
}

/// Ends the transaction when it takes longer than `limit`: a dead environment must not hold its locks.
pub async fn limit_transaction(connection: &mut PgConnection, limit: Duration) -> sqlx::Result<()> {
    sqlx::query!(r#"select set_config('transaction_timeout', $1, true) as "set!""#, milliseconds(limit))
        .fetch_one(connection)
        .await
        .map(drop)
}
