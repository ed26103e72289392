//! Routes for keys with the scope `links`: `POST /api/links` makes a short link, `GET /api/links/{code}` shows it, `GET /api/links/{code}/stats` counts its clicks.

mod answer;
mod code;
mod create;
mod path;
mod problems;
mod request;
mod show;
mod stats;
mod target;

use std::sync::Arc;

use api::{Description, Keys, Routes, Scope, route};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;
use url::Url;

/// What an environment keeps between requests.
pub struct LinksApi {
    pool: PgPool,
    /// What short URLs begin with; it ends with a slash.
    base: Url,
    clock: fn() -> OffsetDateTime,
}

impl LinksApi {
    /// Reads the settings; asks the clock at each request. Needs a tokio runtime.
    pub fn start(environment: &Environment, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let base = environment.required("PUBLIC_BASE_URL")?.trim_end_matches('/').to_owned() + "/";
        let base = base.parse().map_err(|error: url::ParseError| settings::SettingError::Invalid {
            name: "PUBLIC_BASE_URL".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self { pool: store::pool(environment)?, base, clock })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }
}

/// All routes, and their description, where one is wanted.
pub fn router<D: Description>(api: LinksApi) -> (Router, D) {
    let keys = Keys { pool: api.pool(), clock: api.clock };
    let (router, description) = Routes::new(keys)
        .needing(Scope::Links, route!(create::create))
        .needing(Scope::Links, route!(show::show))
        .needing(Scope::Links, route!(stats::stats))
        .into_parts(Arc::new(api));
    (router.layer(DefaultBodyLimit::max(request::BODY_LIMIT)), description)
}
