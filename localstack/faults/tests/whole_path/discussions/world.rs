use reqwest::{Client, Method, StatusCode};
use runtime::{Running, Runtime, RuntimeConfig};
use serde_json::Value;
use testkit::{TestDatabase, TestTopic, sqlx, unique_name};

use crate::path::{Poller, all_committed, binaries, function, functions, variables};

/// The functions behind the runtime, with a database, a topic and a group of their own.
pub struct World {
    pub database: TestDatabase,
    pub topic: TestTopic,
    pub group: String,
    pub bootstrap: String,
    runtime: Running,
    client: Client,
    /// Good for discussions, and for looking.
    key: String,
}

impl World {
    pub async fn on(bootstrap: &str) -> Self {
        Self::told(&[], bootstrap).await
    }

    /// One whose functions have these settings.
    pub async fn told(more: &[(&str, &str)], bootstrap: &str) -> Self {
        let (database, topic) = (TestDatabase::new().await, TestTopic::on(bootstrap, 3).await);
        let (group, key) = (unique_name(), testkit::api_key(&database, &["discussions", "read", "admin"], &[]).await);
        let mut config = RuntimeConfig::new(functions(), binaries());
        config.default_concurrency = 4;
        config.env = variables(&database, bootstrap, "unused");
        let groups = format!("discussion-consumer:{}:{group}", topic.name);
        let own = [
            ("TOPIC_DISCUSSION_EVENTS", topic.name.as_str()),
            ("CONSUMER_GROUPS", groups.as_str()),
            ("OUTBOX_RELAY_SECONDS", "1"),
        ];
        config.env.extend(own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let runtime = Runtime::start(config).await.unwrap();
        Self { database, topic, group, bootstrap: bootstrap.to_owned(), runtime, client: Client::new(), key }
    }

    /// Starts the mapping of `discussion-consumer`.
    pub fn poll(&self) -> Poller {
        let (topic, group) = (&self.topic.name, &self.group);
        Poller::of(&function("discussion-consumer"), topic, group, (&self.bootstrap, &self.url("")))
    }

    /// Starts the schedule of `outbox-relay`.
    pub fn relay(&self) -> Poller {
        Poller::ticking(&function("outbox-relay"), &self.url(""))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.runtime.addr)
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, String) {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// What a path shows.
    pub async fn get(&self, path: &str) -> Value {
        let (status, text) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A figure of `/metrics` about this topic.
    pub async fn figure_of_topic(&self, name: &str) -> String {
        let (status, text) = self.ask(Method::GET, "/metrics", None).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        let series = format!("{name}{{topic=\"{}\"}} ", self.topic.name);
        let value = text.lines().find_map(|line| line.strip_prefix(&series));
        value.unwrap_or_else(|| panic!("no {series} in {text}")).to_owned()
    }

    /// How many events nobody has published yet.
    pub async fn waiting(&self) -> i64 {
        sqlx::query_scalar("select count(*) from outbox").fetch_one(&self.database.pool).await.unwrap()
    }

    /// Waits until the consumer has applied every record of the topic.
    pub async fn all_committed(&self) {
        all_committed(&self.bootstrap, &self.topic, &self.group).await;
    }
}
