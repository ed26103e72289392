use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event_source::{Config, EventSource};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use runtime::{Running, Runtime, RuntimeConfig};
use serde_json::{Value, json};
use template::{Function, Template};
use testkit::{TestDatabase, TestTopic, bootstrap, eventually, unique_name};
use tokio::sync::watch;

use crate::named::root;

/// Long enough for a debug build on a busy machine; a wait ends as soon as what it waits for is there.
const PATIENCE: Duration = Duration::from_mins(1);

/// All functions on a database and topics of their own, with the poller of clicks. There is no topic for `system.audit`: what is sent
/// there fails.
pub struct System {
    clicks: TestTopic,
    users: TestTopic,
    #[expect(dead_code, reason = "deleted with its value")]
    checkpoints: TestTopic,
    group: String,
    runtime: Running,
    client: Client,
    key: String,
    #[expect(dead_code, reason = "dropped with its value")]
    database: TestDatabase,
}

/// Where the built functions are: beside this test.
fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_path_buf()
}

fn functions() -> Vec<Function> {
    Template::read(&root().join("infra/template.yaml")).unwrap().functions
}

impl System {
    pub async fn start() -> Self {
        let database = TestDatabase::new().await;
        let (clicks, users, checkpoints) = (TestTopic::new(1).await, TestTopic::new(1).await, TestTopic::new(1).await);
        let key = testkit::api_key(&database, &["links", "admin", "events:*"], &["*"]).await;
        let group = unique_name();
        let groups = format!("click-consumer:{}:{group} event-fanout:{}:{group}", clicks.name, users.name);
        let mut config = RuntimeConfig::new(functions(), binaries());
        config.env = [
            ("DATABASE_URL", database.url().as_str()),
            ("KAFKA_BOOTSTRAP_SERVERS", &bootstrap()),
            ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
            ("KAFKA_SASL_MECHANISM", ""),
            ("TOPIC_LINK_CLICKS", &clicks.name),
            ("TOPIC_USER_EVENTS", &users.name),
            ("TOPIC_SYSTEM_AUDIT", &unique_name()),
            ("TOPIC_AUDIT_CHECKPOINTS", &checkpoints.name),
            ("CONSUMER_GROUPS", &groups),
            ("PUBLIC_BASE_URL", "https://short.example"),
            ("BREAKER_MAX_COUNT", "3"),
            ("OUTBOX_RELAY_SECONDS", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let runtime = Runtime::start(config).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { clicks, users, checkpoints, group, runtime, client, key, database }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.runtime.addr)
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.client.post(self.url(path)).bearer_auth(&self.key);
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> String {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Whether the function failed.
    async fn invoke(&self, function: &str, payload: &Value) -> bool {
        let answer = self.post(&format!("/2015-03-31/functions/{function}/invocations"), payload).await;
        answer.headers().contains_key("x-amz-function-error")
    }

    /// A click travels to its row, and is committed.
    pub async fn click(&self) {
        let consumer = functions().into_iter().find(|function| function.name == "click-consumer").unwrap();
        let mut mapping = consumer.mappings[0].clone();
        mapping.topic.clone_from(&self.clicks.name);
        mapping.consumer_group.clone_from(&self.group);
        let config = Config::new(&consumer, &mapping, &bootstrap(), &self.url(""));
        let (stop, stopped) = watch::channel(false);
        let poller = tokio::spawn(EventSource::run(config, stopped));
        let link = json!({ "target": "https://example.com/", "code": "spring" });
        assert_eq!(self.post("/api/links", &link).await.status(), 201);
        let followed = || async {
            let answer = self.client.get(self.url("/spring")).send().await.unwrap();
            (answer.status() == 302).then_some(())
        };
        eventually("a click is accepted", PATIENCE, followed).await;
        let committed = || async {
            let text = self.get("/metrics").await;
            let offset = text.lines().find(|found| found.starts_with("consumer_group_committed_offset{"))?;
            (!offset.ends_with(" 0")).then_some(())
        };
        eventually("the click is committed", PATIENCE, committed).await;
        stop.send(true).unwrap();
        poller.await.unwrap().unwrap();
    }

    /// One user is registered, an event waits for another, a record is rubbish, and then a whole batch of them.
    pub async fn consume(&self) {
        let event = |id: &str, kind: &str, data: Value| json!({ "specversion": "1.0", "id": id, "source": "/test", "type": kind, "time": "2026-11-21T09:30:00Z", "data": data });
        let registered = json!({ "userId": "u-1", "userType": "student", "email": "u-1@example.com" });
        let updated = json!({ "userId": "u-2", "updatedFields": ["userType"], "userType": "teacher" });
        let batch = [
            event("e-1", "user.registered", registered).to_string(),
            event("e-2", "user.updated", updated).to_string(),
            "rubbish".to_owned(),
        ];
        assert!(!self.invoke("event-fanout", &self.batch(0, &batch)).await);
        let rubbish: [String; 5] = std::array::from_fn(|_| "rubbish".to_owned());
        assert!(self.invoke("event-fanout", &self.batch(3, &rubbish)).await, "the breaker opens");
    }

    fn batch(&self, first: usize, values: &[String]) -> Value {
        let topic = &self.users.name;
        let record = |(place, value): (usize, &String)| {
            json!({
                "topic": topic, "partition": 0, "offset": first + place, "timestamp": 1_795_253_400_000_i64, "timestampType": "CREATE_TIME",
                "key": STANDARD.encode(format!("key {place}")), "value": STANDARD.encode(value), "headers": []
            })
        };
        let records: Vec<Value> = values.iter().enumerate().map(record).collect();
        json!({ "eventSource": "aws:kafka", "records": BTreeMap::from([(format!("{topic}-0"), records)]) })
    }

    /// An event that Kafka takes, one that it does not, and one that waits for that in the outbox; and everything that runs by the clock.
    pub async fn publish_and_tick(&self) {
        let event =
            |kind: &str, data: Value| json!({ "eventType": kind, "data": data, "metadata": { "source": "/test" } });
        let auth = json!({ "userId": "u-1", "action": "login", "status": "success" });
        assert_eq!(self.post("/api/events", &event("user.auth", auth)).await.status(), 202);
        let audit = json!({ "eventType": "a", "userId": "u-1", "action": "b", "resource": "c", "status": "success" });
        assert_eq!(self.post("/api/events", &event("system.audit", audit)).await.status(), 503);
        let key = json!({ "name": "another", "scopes": ["read"] });
        assert_eq!(self.post("/api/keys", &key).await.status(), 201);
        for function in ["outbox-relay", "audit-verify", "housekeeper"] {
            assert!(
                !self.invoke(function, &json!({ "detail-type": "Scheduled Event", "detail": {} })).await,
                "{function}"
            );
        }
    }
}
