#![doc = include_str!("../README.md")]

mod audit;
mod audited;
mod body;
mod bytes;
mod groups;
mod health;
mod inventory;
mod keys;
mod letters;
mod metrics;
mod orders;
mod parked;
mod path;
mod tries;
mod unpublished;
mod users;

use std::sync::Arc;

use api::{Description, Keys, Routes, Scope, route};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use events::Topic;
use kafka::KafkaSettings;
use outbox::Publishing;
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;

/// The largest body, in bytes: as many numbers of dead letters as one request may name.
const BODY_LIMIT: usize = 256 * 1024;

/// What an environment keeps between requests.
pub struct ReadApi {
    pool: PgPool,
    clock: fn() -> OffsetDateTime,
    /// The topics of what is known about people.
    user_events: String,
    system_audit: String,
    order_events: String,
    discussion_events: String,
    publishing: Publishing,
    /// What `/health` and `/metrics` look at.
    watch: health::Watch,
}

impl ReadApi {
    /// Reads the settings; asks the clock at each request. Needs a tokio runtime.
    pub fn start(environment: &Environment, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let topic = |topic: Topic| environment.optional(topic.variable()).unwrap_or(topic.default_name()).to_owned();
        Ok(Self {
            pool: store::pool(environment)?,
            clock,
            user_events: topic(Topic::UserEvents),
            system_audit: topic(Topic::SystemAudit),
            order_events: topic(Topic::OrderEvents),
            discussion_events: topic(Topic::DiscussionEvents),
            watch: health::Watch::read(environment, &KafkaSettings::read(environment)?)?,
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
pub fn router<D: Description>(api: ReadApi) -> (Router, D) {
    let keys = Keys { pool: api.pool(), clock: api.clock };
    let (router, description) = Routes::new(keys)
        .needing(Scope::Read, route!(users::show::show_user))
        .needing(Scope::Read, route!(users::auth_events::list_auth_events))
        .needing(Scope::Admin, route!(users::erase::erase_user))
        .needing(Scope::Read, route!(orders::show::show_order))
        .needing(Scope::Read, route!(orders::list::list_orders))
        .needing(Scope::Read, route!(orders::payments::list_payments))
        .needing(Scope::Read, route!(inventory::show::show_stock))
        .needing(Scope::Read, route!(inventory::list::list_stock))
        .needing(Scope::Read, route!(inventory::adjustments::list_adjustments))
        .needing(Scope::Read, route!(audit::list_audit))
        .needing(Scope::Admin, route!(keys::create::create_key, keys::list::list_keys))
        .needing(Scope::Admin, route!(keys::revoke::revoke_key))
        .needing(Scope::Admin, route!(letters::list::list_letters))
        .needing(Scope::Admin, route!(letters::redrive::redrive_letters))
        .needing(Scope::Admin, route!(letters::show::show_letter))
        .needing(Scope::Admin, route!(letters::discard::discard_letter))
        .needing(Scope::Admin, route!(parked::list_parked))
        .needing(Scope::Admin, route!(unpublished::list_unpublished))
        .open(route!(health::show_health))
        .open(route!(metrics::show_metrics))
        .into_parts(Arc::new(api));
    (router.layer(DefaultBodyLimit::max(BODY_LIMIT)), description)
}
