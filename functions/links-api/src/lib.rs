//! `POST /api/links` makes a short link, `GET /api/links/{code}` shows it, `GET /api/links/{code}/stats` counts its clicks.

mod answer;
mod code;
mod create;
mod problems;
mod show;
mod stats;
mod target;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use settings::Environment;
use store::PgPool;
use url::Url;

/// What an environment keeps between requests.
pub struct LinksApi {
    pool: PgPool,
    /// What short URLs begin with; it ends with a slash.
    base: Url,
}

impl LinksApi {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        let base = environment.required("PUBLIC_BASE_URL")?.trim_end_matches('/').to_owned() + "/";
        let base = base.parse().map_err(|error: url::ParseError| settings::SettingError::Invalid {
            name: "PUBLIC_BASE_URL".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self { pool: store::pool(environment)?, base })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }
}

/// All routes.
pub fn router(api: LinksApi) -> Router {
    Router::new()
        .route("/api/links", post(create::create))
        .route("/api/links/{code}", get(show::show))
        .route("/api/links/{code}/stats", get(stats::stats))
        .fallback(problems::no_route)
        .method_not_allowed_fallback(problems::no_method)
        .with_state(Arc::new(api))
}
