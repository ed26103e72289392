//! Functions that consume, on a database and topics of their own, and a producer beside them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use event_source::{Config, EventSource, ScheduleConfig, Scheduler};
use events::Topic;
use producer::verify::{Expected, Groups, Verdict, verify};
use producer::{Header, Journal, Mixture, Pace, Sent, Shares, Shop, Way, transmit};
use runtime::{Running, Runtime, RuntimeConfig};
use settings::Environment;
use template::{Function, Template};
use testkit::{TestDatabase, TestTopic, eventually};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::watch;

/// Long ago: the intake takes nothing of the future.
pub const OPENED: OffsetDateTime = datetime!(2025-01-01 09:30 UTC);
pub const PATIENCE: Duration = Duration::from_mins(1);
pub const PACE: Pace = Pace { rate: None, patience: Duration::from_secs(30) };

/// Of these the shop's events have consumers.
const TOPICS: [Topic; 3] = [Topic::UserEvents, Topic::SystemAudit, Topic::OrderEvents];
const CONSUMERS: [&str; 2] = ["event-fanout", "order-consumer"];

pub struct World {
    pub database: TestDatabase,
    pub topics: Vec<(Topic, TestTopic)>,
    pub folder: tempfile::TempDir,
    bootstrap: String,
}

impl World {
    pub async fn new() -> Self {
        Self::on(TestDatabase::new().await, testkit::bootstrap()).await
    }

    /// One on this database and this broker.
    pub async fn on(database: TestDatabase, bootstrap: String) -> Self {
        let mut topics = Vec::new();
        for topic in TOPICS {
            topics.push((topic, TestTopic::on(&bootstrap, 3).await));
        }
        Self { database, topics, folder: tempfile::tempdir().unwrap(), bootstrap }
    }

    /// What functions and producers are told.
    pub fn variables(&self) -> Vec<(String, String)> {
        let fixed = [
            ("DATABASE_URL", self.database.url()),
            ("KAFKA_BOOTSTRAP_SERVERS", self.bootstrap.clone()),
            ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT".to_owned()),
            ("KAFKA_SASL_MECHANISM", String::new()),
            ("PUBLIC_BASE_URL", "https://short.example".to_owned()),
        ];
        let topics = self.topics.iter().map(|(topic, own)| (topic.variable(), own.name.clone()));
        let groups = ("CONSUMER_GROUPS", self.groups().join(" "));
        fixed.into_iter().chain(topics).chain([groups]).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Consumer, topic and group: the group of a topic is called as the topic is.
    fn groups(&self) -> Vec<String> {
        let group = |(topic, own): &(Topic, TestTopic)| {
            let consumer = if *topic == Topic::OrderEvents { "order-consumer" } else { "event-fanout" };
            format!("{consumer}:{0}:{0}", own.name)
        };
        self.topics.iter().map(group).collect()
    }

    pub fn way(&self) -> Way {
        Way::kafka(&self.variables().into_iter().collect::<Environment>()).unwrap()
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    pub fn journal(&self, seed: u64) -> Journal {
        journal_at(&self.path(), "t", seed)
    }

    /// Sends a day of so many events, and keeps a journal of it.
    pub async fn load(&self, way: &Way, seed: u64, count: usize, shares: Shares) -> Sent {
        let mixture = Mixture::new(Shop::open(seed, "t", OPENED).flatten().take(count), shares, seed);
        transmit(mixture, &mut self.journal(seed), way, PACE, |_| {}).await.unwrap()
    }

    pub async fn verify(&self) -> Verdict {
        self.verify_at(&self.path(), &mut Groups::default()).await
    }

    /// The same, where these groups have to have come to the end.
    pub async fn verify_behind(&self, groups: &mut Groups) -> Verdict {
        self.verify_at(&self.path(), groups).await
    }

    async fn verify_at(&self, journal: &Path, groups: &mut Groups) -> Verdict {
        let expected = Expected::of(&Journal::read(journal).unwrap()).unwrap();
        verify(&mut self.database.pool.acquire().await.unwrap(), &expected, groups).await.unwrap()
    }

    /// Waits until everything is there, and gives what was found.
    pub async fn settled(&self) -> Verdict {
        self.settled_at(&self.path()).await
    }

    pub async fn settled_at(&self, journal: &Path) -> Verdict {
        eventually("nothing is missing, or something is wrong", PATIENCE, async || {
            let verdict = self.verify_at(journal, &mut Groups::default()).await;
            (verdict.is_clean() || !verdict.is_only_late()).then_some(verdict)
        })
        .await
    }

    /// Starts the consumers and the intake.
    pub async fn serve(&self) -> Services {
        let functions = Template::read(&root().join("infra/template.yaml")).unwrap().functions;
        let mut config = RuntimeConfig::new(functions.clone(), binaries());
        config.env = self.variables().into_iter().collect();
        let runtime = Runtime::start(config).await.unwrap();
        let base = format!("http://{}", runtime.addr);
        let (stop, stopped) = watch::channel(false);
        for function in functions.iter().filter(|function| CONSUMERS.contains(&function.name.as_str())) {
            self.poll(function, &base, &stopped);
        }
        Services { base, runtime, stop }
    }

    fn poll(&self, function: &Function, base: &str, stopped: &watch::Receiver<bool>) {
        for mapping in &function.mappings {
            let mut mapping = mapping.clone();
            let own = self.topics.iter().find(|(topic, _)| topic.default_name() == mapping.topic);
            mapping.topic.clone_from(&own.expect("a topic of its own").1.name);
            mapping.consumer_group.clone_from(&mapping.topic);
            let config = Config::new(function, &mapping, &self.bootstrap, base);
            tokio::spawn(EventSource::run(config, stopped.clone()));
        }
        for schedule in &function.schedules {
            let mut schedule = schedule.clone();
            // What waits for another consumer's row is looked at on the tick.
            schedule.every = Duration::from_millis(500);
            tokio::spawn(Scheduler::run(ScheduleConfig::new(function, &schedule, base), stopped.clone()));
        }
    }
}

/// What runs until it is stopped.
pub struct Services {
    pub base: String,
    runtime: Running,
    stop: watch::Sender<bool>,
}

impl Services {
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.runtime.shutdown().await;
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Where the built functions are: beside this test.
fn binaries() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf()
}

/// A new journal of the shop that these tests open.
pub fn journal_at(path: &Path, name: &str, seed: u64) -> Journal {
    Journal::create(path, &Header { name: name.to_owned(), seed, opened_at: OPENED }).unwrap()
}
