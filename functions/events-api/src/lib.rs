#![doc = include_str!("../README.md")]

mod answer;
mod check;
mod documented;
mod figures;
mod handler;
mod publish;
mod read;

use std::sync::Arc;

use anyhow::Context as _;
use api::{Description, Keys, Routes, Scope, route};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use events::Topic;
use kafka::{KafkaSettings, OrderedPublisher};
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;

/// What an environment keeps between requests.
pub struct EventsApi {
    pool: PgPool,
    clock: fn() -> OffsetDateTime,
    publisher: OrderedPublisher,
    /// What each topic is called here.
    topics: [(Topic, String); Topic::ALL.len()],
}

impl EventsApi {
    /// Reads the settings; asks the clock at each request. Needs a tokio runtime.
    pub fn start(environment: &Environment, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let name = |topic: Topic| environment.optional(topic.variable()).unwrap_or(topic.default_name()).to_owned();
        Ok(Self {
            pool: store::pool(environment)?,
            clock,
            publisher: OrderedPublisher::start(KafkaSettings::read(environment)?).context("no Kafka producer")?,
            topics: Topic::ALL.map(|topic| (topic, name(topic))),
        })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    fn name_of(&self, topic: Topic) -> &str {
        let named = self.topics.iter().find(|(known, _)| *known == topic);
        named.map(|(_, name)| name.as_str()).expect("every topic has a name")
    }
}

/// All routes, and their description, where one is wanted.
pub fn router<D: Description>(api: EventsApi) -> (Router, D) {
    let keys = Keys { pool: api.pool(), clock: api.clock };
    let (router, description) =
        Routes::new(keys).needing(Scope::Events, route!(handler::send_events)).into_parts(Arc::new(api));
    (router.layer(DefaultBodyLimit::max(read::BODY_LIMIT)), description)
}
