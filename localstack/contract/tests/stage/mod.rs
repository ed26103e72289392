//! The built functions with a database and topics of their own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use event_source::{Config, EventSource, ScheduleConfig, Scheduler};
use events::Topic;
use runtime::{Running, Runtime, RuntimeConfig};
use template::{Function, Template};
use testkit::{TestDatabase, TestTopic, api_key, unique_name};
use tokio::sync::watch;

/// What serves until it is stopped.
pub struct Stage {
    /// Where the functions are.
    pub base: String,
    /// An API key for everything.
    pub key: String,
    running: Running,
    stops: Vec<watch::Sender<bool>>,
    _database: TestDatabase,
    _topics: Topics,
}

impl Stage {
    /// Serves all functions, and polls Kafka for these consumers.
    pub async fn start(consumers: &[&str]) -> Self {
        let (database, topics) = (TestDatabase::new().await, Topics::new().await);
        let functions = Template::read(&root().join("infra/template.yaml")).unwrap().functions;
        let polled: Vec<Function> =
            functions.iter().filter(|function| consumers.contains(&function.name.as_str())).cloned().collect();
        assert_eq!(polled.len(), consumers.len());
        let binaries = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf();
        let mut config = RuntimeConfig::new(functions, binaries);
        config.env = [
            ("DATABASE_URL", database.url()),
            ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap()),
            ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT".to_owned()),
            ("KAFKA_SASL_MECHANISM", String::new()),
            ("PUBLIC_BASE_URL", "https://short.example".to_owned()),
        ]
        .into_iter()
        .chain(topics.0.iter().map(|(topic, own)| (topic.variable(), own.name.clone())))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        config.default_concurrency = 2;
        let running = Runtime::start(config).await.unwrap();
        let base = format!("http://{}", running.addr);
        let stops: Vec<_> = polled.iter().map(|function| poll(function, &topics, &base)).collect();
        let key = api_key(&database, &["links", "discussions", "events:*", "read", "admin"], &["*"]).await;
        Self { base, key, running, stops, _database: database, _topics: topics }
    }

    pub async fn stop(self) {
        for stop in self.stops {
            stop.send_replace(true);
        }
        self.running.shutdown().await;
    }
}

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A topic of its own in the place of each.
struct Topics(Vec<(Topic, TestTopic)>);

impl Topics {
    async fn new() -> Self {
        let mut topics = Vec::new();
        for topic in Topic::ALL {
            topics.push((topic, TestTopic::new(3).await));
        }
        Self(topics)
    }

    fn instead_of(&self, name: &str) -> Option<String> {
        let (_, topic) = self.0.iter().find(|(topic, _)| topic.default_name() == name)?;
        Some(topic.name.clone())
    }
}

/// What a function polls, with groups of its own, and its ticks: what waits for another consumer's row is looked at then.
fn poll(function: &Function, topics: &Topics, base: &str) -> watch::Sender<bool> {
    let (stop, stopped) = watch::channel(false);
    for mapping in &function.mappings {
        let mut mapping = mapping.clone();
        mapping.topic = topics.instead_of(&mapping.topic).unwrap();
        mapping.consumer_group = unique_name();
        let config = Config::new(function, &mapping, &testkit::bootstrap(), base);
        tokio::spawn(EventSource::run(config, stopped.clone()));
    }
    for schedule in &function.schedules {
        let mut schedule = schedule.clone();
        schedule.every = Duration::from_secs(1);
        tokio::spawn(Scheduler::run(ScheduleConfig::new(function, &schedule, base), stopped.clone()));
    }
    stop
}
