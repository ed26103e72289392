//! A consumer with a topic of its own, and what is asked about it.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use consumer::{Consumer, Effect, Engine, Outcomes, Payload, ProcessError, Reading, Record, Refusal};
use events::Event;
use http::{HeaderMap, Request, StatusCode};
use kafka::{KafkaSettings, OrderedPublisher};
use prometheus_parse::{Sample, Scrape, Value as Number};
use read_api::ReadApi;
use serde_json::Value;
use settings::Environment;
use store::PgConnection;
use testkit::{TestDatabase, TestTopic};
use time::OffsetDateTime;
use tower::ServiceExt;

/// Longer than any machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// What `HEALTH_STALLED_SECONDS` is where nothing else is said.
pub const STALLED: i64 = 120;

/// Takes clicks, and does nothing with them.
pub struct Clicks;

impl Consumer for Clicks {
    type Row = ();
    type Trace = ();

    const NAME: &'static str = "clicks";
    const TYPES: &'static [&'static str] = &["link.clicked"];

    fn read(&self, _: Event, _: &Record) -> Result<Reading<()>, Refusal> {
        Ok(Reading::new(0, ()))
    }

    async fn apply(&self, _: &mut PgConnection, _: usize, rows: &[&()]) -> Result<Vec<Effect>, store::Error> {
        Ok(vec![Effect::Applied; rows.len()])
    }
}

pub struct World {
    pub database: TestDatabase,
    /// Of two partitions.
    pub topic: TestTopic,
    pub group: String,
    pub bootstrap: String,
    pub router: Router,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

#[expect(clippy::disallowed_methods, reason = "Kafka's clock is no argument, and records are compared with it")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

impl World {
    pub async fn new() -> Self {
        Self::on(TestDatabase::new().await, &testkit::bootstrap(), now).await
    }

    /// One whose clock says this.
    pub async fn at(clock: fn() -> OffsetDateTime) -> Self {
        Self::on(TestDatabase::new().await, &testkit::bootstrap(), clock).await
    }

    pub async fn on(database: TestDatabase, bootstrap: &str, clock: fn() -> OffsetDateTime) -> Self {
        let (topic, group) = (TestTopic::on(bootstrap, 2).await, testkit::unique_name());
        let groups = format!("clicks:{}:{group}", topic.name);
        let router = router(&database.url(), bootstrap, &groups, clock);
        Self { database, topic, group, bootstrap: bootstrap.to_owned(), router }
    }

    /// Publishes so many records to a partition that nobody reads.
    pub async fn publish(&self, records: usize) {
        let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", &*self.bootstrap)]);
        let publisher = OrderedPublisher::start(KafkaSettings::read(&environment).unwrap()).unwrap();
        let record = kafka::Record { topic: &self.topic.name, key: Some(b"k"), value: Some(b"v"), headers: &[] };
        let outcome = publisher.publish(&vec![record; records], PATIENCE).await;
        assert_eq!(outcome.unavailable, None);
    }

    /// The partition that `publish` writes to.
    pub fn partition(&self) -> i32 {
        self.topic.read_all()[0].partition
    }

    /// Gives the engine a batch of these records, with this `BREAKER_MAX_COUNT`.
    pub async fn deliver(&self, breaker: &str, records: &[Value]) -> Result<Outcomes, ProcessError> {
        let environment =
            Environment::from_iter([("DATABASE_URL", self.database.url().as_str()), ("BREAKER_MAX_COUNT", breaker)]);
        let engine = Engine::start(&environment).unwrap();
        let payload: Payload = serde_json::from_value(testkit::payload(records)).unwrap();
        engine.process(&Clicks, payload, PATIENCE, now()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    /// The health, which must be answered with this status.
    #[track_caller]
    pub fn health(&self, status: u16) -> impl Future<Output = Value> {
        let router = self.router.clone();
        async move {
            let answer = get(&router, "/health").await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.headers["cache-control"], "no-store");
            serde_json::from_str(&answer.text).unwrap()
        }
    }

    pub async fn figures(&self) -> Figures {
        Figures::of(&self.get("/metrics").await)
    }

    /// A record of a batch, which is a click.
    pub fn click(&self, partition: i32, offset: i64) -> Value {
        testkit::record(&self.topic.name, partition, offset, now(), &testkit::click_event("abc"))
    }

    /// A record of a batch, which nobody can read.
    pub fn rubbish(&self, partition: i32, offset: i64) -> Value {
        testkit::raw_record(&self.topic.name, partition, offset, now(), b"k", b"rubbish")
    }
}

/// All routes, with these groups.
pub fn router(database_url: &str, bootstrap: &str, groups: &str, clock: fn() -> OffsetDateTime) -> Router {
    let environment = Environment::from_iter([
        ("DATABASE_URL", database_url),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
        ("CONSUMER_GROUPS", groups),
    ]);
    let (router, ()) = read_api::router(ReadApi::start(&environment, clock).unwrap());
    router
}

/// Asks without a key.
pub async fn get(router: &Router, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(to_bytes(body, 10_000_000).await.unwrap().into()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}

/// Figures, as a parser reads them that is not ours.
pub struct Figures(pub Vec<Sample>);

impl Figures {
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4");
        let lines: Vec<&str> = answer.text.lines().collect();
        let scrape = Scrape::parse(lines.iter().map(|line| Ok((*line).to_owned()))).unwrap();
        // It passes over what it cannot read, and makes one sample of the buckets of a histogram.
        let read = |sample: &Sample| if let Number::Histogram(buckets) = &sample.value { buckets.len() } else { 1 };
        let written = lines.iter().filter(|line| !line.starts_with('#')).count();
        assert_eq!(scrape.samples.iter().map(read).sum::<usize>(), written, "{}", answer.text);
        Self(scrape.samples)
    }

    /// The samples of this name with these labels.
    pub fn all<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        let has = |sample: &&Sample| labels.iter().all(|(name, value)| sample.labels.get(name) == Some(*value));
        self.0.iter().filter(move |sample| sample.metric == name).filter(has)
    }

    /// The only one of them.
    #[track_caller]
    pub fn number(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let found: Vec<&Sample> = self.all(name, labels).collect();
        let [sample] = found.as_slice() else { panic!("{name} {labels:?}: {found:?}") };
        match sample.value {
            Number::Counter(value) | Number::Gauge(value) | Number::Untyped(value) => value,
            ref other => panic!("{name}: {other:?}"),
        }
    }

    /// The same, of what is a whole number.
    #[track_caller]
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> i64 {
        self.number(name, labels).to_string().parse().unwrap()
    }

    /// The cumulative counts of a histogram, by their bounds.
    #[track_caller]
    pub fn buckets(&self, name: &str, labels: &[(&str, &str)]) -> Vec<(f64, i64)> {
        let found: Vec<&Sample> = self.all(name, labels).collect();
        let [Sample { value: Number::Histogram(buckets), .. }] = found.as_slice() else { panic!("{name}: {found:?}") };
        buckets.iter().map(|bucket| (bucket.less_than, bucket.count.to_string().parse().unwrap())).collect()
    }
}
