//! `POST /api/links` makes a short link, `GET /api/links/{code}` shows it, `GET /api/links/{code}/stats` counts its clicks.

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

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
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

/// All routes.
pub fn router(api: LinksApi) -> Router {
    Router::new()
        .route("/api/links", post(create::create))
        .route("/api/links/{code}", get(show::show))
        .route("/api/links/{code}/stats", get(stats::stats))
        .layer(DefaultBodyLimit::max(request::BODY_LIMIT))
        .fallback(problems::no_route)
        .method_not_allowed_fallback(problems::no_method)
        .with_state(Arc::new(api))
}
