use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use event_source::{Config, EventSource, ScheduleConfig, Scheduler};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::MetadataTopic;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use runtime::{LogSink, Running, Runtime, RuntimeConfig};
use serde_json::{Value, json};
use template::{Function, Template};
use testkit::{TestDatabase, TestTopic, eventually, unique_name};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Long enough for a debug build on a busy machine; a wait ends as soon as what it waits for is there.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The functions behind the runtime, on a database and a topic of their own.
pub struct Path {
    pub database: TestDatabase,
    pub topic: TestTopic,
    pub bootstrap: String,
    pub group: String,
    pub runtime: Running,
    lines: Lines,
    client: Client,
    /// Good for links.
    key: String,
}

/// What functions have written: the name of each, and the line.
type Lines = Arc<Mutex<Vec<(String, String)>>>;

/// A poller that runs until it is stopped.
pub struct Poller {
    stop: watch::Sender<bool>,
    running: JoinHandle<anyhow::Result<()>>,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the built functions are: beside this test.
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_path_buf()
}

pub fn functions() -> Vec<Function> {
    Template::read(&root().join("infra/template.yaml")).unwrap().functions
}

pub fn function(name: &str) -> Function {
    functions().into_iter().find(|function| function.name == name).unwrap()
}

/// The processes of a function that work on this database.
pub fn processes_of(function: &str, database: &TestDatabase) -> Vec<i32> {
    let told = format!("DATABASE_URL={}\0", database.url());
    let is_it = |process: &PathBuf| {
        let read = |file| std::fs::read(process.join(file)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        // The system cuts long names.
        read("comm").is_ok_and(|name| name.trim_end() == &function[..function.len().min(15)])
            && read("environ").is_ok_and(|variables| variables.contains(&told))
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes.filter(is_it).filter_map(|process| process.file_name()?.to_str()?.parse().ok()).collect()
}

/// What functions are told, for a database and a topic.
pub fn variables(database: &TestDatabase, bootstrap: &str, topic: &str) -> BTreeMap<String, String> {
    let url = database.url();
    [
        ("DATABASE_URL", url.as_str()),
        ("OWNER_DATABASE_URL", &database.owner_url()),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", ""),
        ("TOPIC_LINK_CLICKS", topic),
        ("PUBLIC_BASE_URL", "https://short.example"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// A member of the group that joins nothing: it only asks.
fn observer(bootstrap: &str, group: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", group);
    config.create().expect("a consumer")
}

/// Waits until the group has committed every record of the topic.
pub async fn all_committed(bootstrap: &str, topic: &TestTopic, group: &str) {
    let consumer = observer(bootstrap, group);
    let ask = || async { is_committed(&consumer, &topic.name).then_some(()) };
    eventually("every record is committed", PATIENCE, ask).await;
}

fn is_committed(consumer: &BaseConsumer, topic: &str) -> bool {
    let limit = Duration::from_secs(10);
    let Ok(metadata) = consumer.fetch_metadata(Some(topic), limit) else { return false };
    let mut partitions = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(MetadataTopic::partitions) {
        partitions.add_partition(topic, partition.id());
    }
    let Ok(committed) = consumer.committed_offsets(partitions, limit) else { return false };
    committed.count() > 0
        && committed.elements().iter().all(|partition| {
            let Ok((_, end)) = consumer.fetch_watermarks(topic, partition.partition(), limit) else { return false };
            end == 0 || partition.offset() == Offset::Offset(end)
        })
}

impl Path {
    pub async fn start() -> Self {
        Self::on(TestDatabase::new().await, &testkit::bootstrap()).await
    }

    pub async fn on(database: TestDatabase, bootstrap: &str) -> Self {
        Self::with(functions(), database, bootstrap).await
    }

    /// One whose functions write all that they have to say.
    pub async fn telling_all() -> Self {
        let more = [("LOG_LEVEL", "debug")];
        Self::told(&more, functions(), TestDatabase::new().await, &testkit::bootstrap()).await
    }

    pub async fn with(functions: Vec<Function>, database: TestDatabase, bootstrap: &str) -> Self {
        Self::told(&[], functions, database, bootstrap).await
    }

    async fn told(more: &[(&str, &str)], functions: Vec<Function>, database: TestDatabase, bootstrap: &str) -> Self {
        let topic = TestTopic::on(bootstrap, 6).await;
        let key = testkit::api_key(&database, &["links"], &[]).await;
        let mut config = RuntimeConfig::new(functions, binaries());
        config.env = variables(&database, bootstrap, &topic.name);
        config.env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let lines = Lines::default();
        let kept = Arc::clone(&lines);
        config.log = LogSink::new(move |function, line| {
            kept.lock().unwrap().push((function.to_owned(), line.to_owned()));
        });
        let runtime = Runtime::start(config).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { database, topic, bootstrap: bootstrap.to_owned(), group: unique_name(), runtime, lines, client, key }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.runtime.addr)
    }

    /// Starts the mapping of `click-consumer`, on this topic and with a group of its own.
    pub fn poll(&self) -> Poller {
        let (topic, group) = (&self.topic.name, &self.group);
        Poller::of(&function("click-consumer"), topic, group, (&self.bootstrap, &self.url("")))
    }

    /// Starts the tick of `click-consumer`, more often than once a minute.
    pub fn tick(&self) -> Poller {
        Poller::ticking(&function("click-consumer"), &self.url(""))
    }

    pub async fn make_link(&self, code: &str) {
        let link = json!({"target": "https://example.com/", "code": code}).to_string();
        let request = self.client.post(self.url("/api/links")).header("content-type", "application/json").body(link);
        assert_eq!(request.bearer_auth(&self.key).send().await.unwrap().status(), StatusCode::CREATED);
    }

    pub async fn follow(&self, code: &str) -> StatusCode {
        self.follow_with(code, &[]).await
    }

    /// Follows the link with more headers than a browser's.
    pub async fn follow_with(&self, code: &str, headers: &[(&str, &str)]) -> StatusCode {
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
        let request = self.client.get(self.url(&format!("/{code}"))).header("user-agent", agent);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap().status()
    }

    /// Follows the link until so many clicks were accepted; those that were not are not counted.
    pub async fn follow_times(&self, code: &str, times: usize) {
        for _ in 0..times {
            let ask = || async { (self.follow(code).await == StatusCode::FOUND).then_some(()) };
            eventually("a click is accepted", PATIENCE, ask).await;
        }
    }

    pub async fn stats(&self, code: &str) -> Value {
        let request = self.client.get(self.url(&format!("/api/links/{code}/stats")));
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Waits until at least so many clicks are counted.
    pub async fn wait_for(&self, code: &str, least: i64) {
        let ask = || async { (self.stats(code).await["clicks"].as_i64()? >= least).then_some(()) };
        eventually(&format!("{least} clicks of {code} are counted"), PATIENCE, ask).await;
    }

    /// Waits until the group has committed every record of the topic, so that nothing is on its way that could still count, and
    /// says how many clicks are counted then.
    pub async fn counted(&self, code: &str) -> i64 {
        all_committed(&self.bootstrap, &self.topic, &self.group).await;
        self.stats(code).await["clicks"].as_i64().unwrap()
    }

    /// What a function has written so far, without its figures.
    pub fn lines_of(&self, function: &str) -> Vec<Value> {
        let lines = self.lines.lock().unwrap();
        let lines = lines.iter().filter(|(of, line)| of == function && !line.starts_with(r#"{"_aws"#));
        lines.map(|(_, line)| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    /// A figure of the runtime: its line without the value, as `lambda_environments{function="redirect",state="idle"}`.
    pub async fn figure(&self, series: &str) -> Option<f64> {
        let answer = self.client.get(self.url("/_runtime/metrics")).send().await.unwrap();
        let text = answer.text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    /// Waits until so many pollers share the partitions.
    pub async fn shared_by(&self, members: usize) {
        let consumer = observer(&self.bootstrap, &self.group);
        let ask = || async {
            let groups = consumer.fetch_group_list(Some(&self.group), Duration::from_secs(10)).ok()?;
            let group = groups.groups().first()?;
            let owners =
                group.members().iter().filter(|member| member.assignment().is_some_and(|bytes| !bytes.is_empty()));
            (group.state() == "Stable" && owners.count() == members).then_some(())
        };
        eventually(&format!("{members} pollers share the partitions"), PATIENCE, ask).await;
    }

    /// How many different clicks the topic holds: what was accepted, and what was refused but arrived all the same.
    pub fn published(&self) -> usize {
        let ids = self.topic.read_all().into_iter().filter_map(|record| {
            let event: Value = serde_json::from_slice(&record.value?).ok()?;
            event["id"].as_str().map(str::to_owned)
        });
        ids.collect::<std::collections::BTreeSet<_>>().len()
    }
}

impl Poller {
    /// Starts the mapping of a function, on this topic and with this group, between a broker and where the functions are.
    pub fn of(function: &Function, topic: &str, group: &str, (bootstrap, endpoint): (&str, &str)) -> Self {
        let mut mapping = function.mappings[0].clone();
        topic.clone_into(&mut mapping.topic);
        group.clone_into(&mut mapping.consumer_group);
        let config = Config::new(function, &mapping, bootstrap, endpoint);
        let (stop, stopped) = watch::channel(false);
        Self { stop, running: tokio::spawn(EventSource::run(config, stopped)) }
    }

    /// Invokes a function on its schedule, but more often.
    pub fn ticking(function: &Function, endpoint: &str) -> Self {
        let mut schedule = function.schedules[0].clone();
        schedule.every = Duration::from_millis(200);
        let mut config = ScheduleConfig::new(function, &schedule, endpoint);
        config.first = Duration::ZERO;
        let (stop, stopped) = watch::channel(false);
        Self { stop, running: tokio::spawn(Scheduler::run(config, stopped)) }
    }

    /// Ends it as SIGTERM would: the batch in flight is finished and the group left.
    pub async fn stop(self) {
        self.stop.send(true).ok();
        self.running.await.unwrap().unwrap();
    }

    /// Ends it as a crash would: nothing is finished, the group is not told.
    pub fn crash(self) {
        self.running.abort();
    }
}
