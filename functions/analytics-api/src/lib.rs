#![doc = include_str!("../README.md")]

mod course;
mod path;
mod thread;
mod top;

use std::sync::Arc;

use api::{Description, Keys, Routes, Scope, route};
use axum::Router;
use settings::{Environment, SettingError};
use store::PgPool;
use time::OffsetDateTime;

/// Where API keys are, when that is another database than that of the aggregates.
const KEYS: &str = "API_KEYS_DATABASE_URL";

/// What an environment keeps between requests.
pub struct AnalyticsApi {
    /// Connections to the database of the aggregates.
    pool: PgPool,
    /// Connections to that of the API keys.
    keys: PgPool,
    clock: fn() -> OffsetDateTime,
}

impl AnalyticsApi {
    /// Reads the settings; asks the clock at each request. Needs a tokio runtime.
    pub fn start(environment: &Environment, clock: fn() -> OffsetDateTime) -> Result<Self, SettingError> {
        let pool = store::pool(environment)?;
        let keys = match environment.optional(KEYS) {
            Some(_) => store::pool_of(environment, KEYS)?,
            None => pool.clone(),
        };
        Ok(Self { pool, keys, clock })
    }

    /// The connections to both databases, which may be one.
    #[must_use]
    pub fn pools(&self) -> [PgPool; 2] {
        [self.pool.clone(), self.keys.clone()]
    }
}

/// All routes, and their description, where one is wanted.
pub fn router<D: Description>(api: AnalyticsApi) -> (Router, D) {
    let keys = Keys { pool: api.keys.clone(), clock: api.clock };
    Routes::new(keys)
        .needing(Scope::Read, route!(thread::show_thread_analytics))
        .needing(Scope::Read, route!(course::show_course_analytics))
        .needing(Scope::Read, route!(top::list_top_threads))
        .into_parts(Arc::new(api))
}
