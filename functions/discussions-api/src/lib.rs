#![doc = include_str!("../README.md")]

mod answer;
mod asked;
mod change;
mod comments;
mod locked;
mod path;
mod problems;
mod threads;
mod vote;

use std::sync::Arc;

use api::{Description, Keys, Routes, Scope, route};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use events::Topic;
use outbox::Publishing;
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;

/// The largest body, in bytes: content of the greatest length fits, with every character escaped.
const BODY_LIMIT: usize = 256 * 1024;

/// What an environment keeps between requests.
pub struct DiscussionsApi {
    pool: PgPool,
    clock: fn() -> OffsetDateTime,
    /// The topic of what happens in threads.
    topic: String,
    publishing: Publishing,
}

impl DiscussionsApi {
    /// Reads the settings; asks the clock at each request. Needs a tokio runtime.
    pub fn start(environment: &Environment, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let topic = Topic::DiscussionEvents;
        Ok(Self {
            pool: store::pool(environment)?,
            clock,
            topic: environment.optional(topic.variable()).unwrap_or(topic.default_name()).to_owned(),
            publishing: Publishing::start(environment)?,
        })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }
}

/// All routes, and their description, where one is wanted.
pub fn router<D: Description>(api: DiscussionsApi) -> (Router, D) {
    let keys = Keys { pool: api.pool(), clock: api.clock };
    let scope = Scope::Discussions;
    let (router, description) = Routes::new(keys)
        .needing(scope, route!(threads::create::create_thread, threads::list::list_threads))
        .needing(scope, route!(threads::show::show_thread, threads::edit::edit_thread, threads::delete::delete_thread))
        .needing(scope, route!(threads::vote::vote_on_thread))
        .needing(scope, route!(comments::add::add_comment, comments::list::list_comments))
        .needing(scope, route!(comments::edit::edit_comment, comments::delete::delete_comment))
        .needing(scope, route!(comments::vote::vote_on_comment))
        .into_parts(Arc::new(api));
    (router.layer(DefaultBodyLimit::max(BODY_LIMIT)), description)
}
