//! Built functions behind the local Lambda, asked by one client.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use runtime::{LogSink, Running, Runtime, RuntimeConfig};
use serde_json::Value;
use template::Function;

use crate::payload::Payload;
use crate::stage::{CODE, DISCUSSED, Stage, USER};

/// What a click from a browser says of it.
const USER_AGENT: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
/// What EventBridge sends.
const TICK: &str =
    r#"{"version": "0", "id": "a", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}"#;
const EVENT: &str = r#"{"specversion": "1.0", "id": "e-1", "source": "/bench", "type": "user.auth",
    "data": {"userId": "bench-user", "action": "login", "status": "success", "ipAddress": "192.0.2.1"}}"#;
const THREAD: &str =
    r#"{"courseId": "bench", "title": "Is it fast?", "content": "It may be.", "author": "bench-user"}"#;
/// How long a figure may take to be there after its invocation.
const PATIENCE: Duration = Duration::from_secs(10);

/// A host that serves.
pub(crate) struct Host {
    running: Running,
    base: String,
    client: Client,
    key: String,
    published: Arc<Mutex<Vec<f64>>>,
}

impl Host {
    pub(crate) async fn start(stage: &Stage<'_>, functions: Vec<Function>) -> anyhow::Result<Self> {
        Self::start_with(stage, functions, &[]).await
    }

    /// The same with these settings over those of the stage.
    pub(crate) async fn start_with(
        stage: &Stage<'_>,
        functions: Vec<Function>,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let published = Arc::new(Mutex::new(Vec::new()));
        let mut config = RuntimeConfig::new(functions, stage.binaries.path());
        config.env.clone_from(&stage.variables);
        config.env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        config.log = LogSink::new({
            let published = Arc::clone(&published);
            move |_, line| lock(&published).extend(publish_seconds(line))
        });
        let running = Runtime::start(config).await?;
        let base = format!("http://{}", running.addr);
        let client = Client::builder().no_proxy().redirect(Policy::none()).user_agent(USER_AGENT).build()?;
        Ok(Self { running, base, client, key: stage.key.clone(), published })
    }

    /// The usual request of a function, or its tick where it has no route.
    pub(crate) async fn ask(&self, function: &str) -> anyhow::Result<()> {
        match function {
            "redirect" => self.get(&format!("/{CODE}"), 302).await,
            "links-api" => {
                let link = r#"{"target": "https://example.com/"}"#;
                self.post("/api/links", "application/json", link.to_owned(), 201).await
            }
            "events-api" => self.post("/api/events", "application/cloudevents+json", EVENT.to_owned(), 202).await,
            "read-api" => self.get(&format!("/users/{USER}"), 200).await,
            "discussions-api" => {
                self.post("/api/discussions/threads", "application/json", THREAD.to_owned(), 201).await
            }
            "analytics-api" => self.get(&format!("/api/analytics/threads/{DISCUSSED}"), 200).await,
            _ => self.invoke(function, TICK.as_bytes().to_vec()).await.map(drop),
        }
    }

    /// The largest request that a function takes, where it has a usual one of another size.
    pub(crate) async fn ask_much(&self, function: &str) -> anyhow::Result<()> {
        const MOST: usize = 500;
        if function != "events-api" {
            return self.ask(function).await;
        }
        let events: Vec<String> = (0..MOST).map(|nth| EVENT.replace("e-1", &format!("e-{nth}"))).collect();
        let body = format!("[{}]", events.join(","));
        self.post("/api/events", "application/cloudevents-batch+json", body, 202).await
    }

    pub(crate) async fn get(&self, path: &str, expected: u16) -> anyhow::Result<()> {
        self.send(self.request(Method::GET, path), expected).await
    }

    async fn post(&self, path: &str, kind: &str, body: String, expected: u16) -> anyhow::Result<()> {
        self.send(self.request(Method::POST, path).header(CONTENT_TYPE, kind).body(body), expected).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    async fn send(&self, request: RequestBuilder, expected: u16) -> anyhow::Result<()> {
        let answer = request.send().await?;
        let (status, path) = (answer.status(), answer.url().path().to_owned());
        let body = answer.text().await?;
        ensure!(status == expected, "{path} was answered with {status} instead of {expected}: {body}");
        Ok(())
    }

    /// Invokes a function as Lambda's pollers do, and gives its answer.
    pub(crate) async fn invoke(&self, function: &str, payload: Vec<u8>) -> anyhow::Result<String> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let answer = self.request(Method::POST, &path).body(payload).send().await?;
        let failed = answer.headers().contains_key("x-amz-function-error") || !answer.status().is_success();
        let body = answer.text().await?;
        ensure!(!failed, "{function} failed: {body}");
        Ok(body)
    }

    /// Gives a consumer a batch, and says what Lambda would bill.
    pub(crate) async fn timed(&self, consumer: &str, batch: &Payload) -> anyhow::Result<Duration> {
        let before = self.billed(consumer).await?;
        let answer = self.invoke(consumer, batch.json.clone()).await?;
        let outcomes: Value = serde_json::from_str(&answer)?;
        ensure!(outcomes["applied"] == batch.records, "not every event of a batch took effect in {consumer}: {answer}");
        let after = self.after(consumer, before.count + 1.0).await?;
        Ok(Duration::from_secs_f64(after.seconds - before.seconds))
    }

    /// What Lambda would bill of a function until now, its starts left out.
    pub(crate) async fn billed(&self, function: &str) -> anyhow::Result<Billed> {
        let figures = Figures(self.figures().await?);
        let of = |part: &str| figures.get(&format!("lambda_duration_seconds_{part}"), function);
        Ok(Billed { count: of("count")?, seconds: of("sum")? })
    }

    /// The same once so many invocations are over: one goes on for a moment after its answer.
    pub(crate) async fn after(&self, function: &str, count: f64) -> anyhow::Result<Billed> {
        let began = Instant::now();
        loop {
            let billed = self.billed(function).await?;
            if billed.count >= count {
                return Ok(billed);
            }
            if began.elapsed() > PATIENCE {
                bail!("{function} does not come to an end");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// How long its starts took together, in seconds.
    pub(crate) async fn started(&self, function: &str) -> anyhow::Result<f64> {
        Figures(self.figures().await?).get("lambda_init_duration_seconds_sum", function)
    }

    /// The most memory that it has held, in bytes.
    pub(crate) async fn peak(&self, function: &str) -> anyhow::Result<f64> {
        Figures(self.figures().await?).get("lambda_max_memory_used_bytes", function)
    }

    async fn figures(&self) -> anyhow::Result<String> {
        Ok(self.request(Method::GET, "/_runtime/metrics").send().await?.text().await?)
    }

    /// How long Kafka took to acknowledge each of so many events, in seconds: functions say it of each in a line of their own.
    pub(crate) async fn acknowledgements(&self, count: usize) -> anyhow::Result<Vec<f64>> {
        let began = Instant::now();
        while lock(&self.published).len() < count {
            ensure!(began.elapsed() < PATIENCE, "not every publish was said to be acknowledged");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(std::mem::take(&mut *lock(&self.published)))
    }

    pub(crate) fn url(&self) -> &str {
        &self.base
    }

    pub(crate) async fn stop(self) {
        self.running.shutdown().await;
    }
}

/// Invocations of a function, and how long they took together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Billed {
    pub(crate) count: f64,
    pub(crate) seconds: f64,
}

impl Billed {
    /// The mean of an invocation since then, in milliseconds.
    pub(crate) fn mean_ms_since(self, before: Self) -> f64 {
        (self.seconds - before.seconds) / (self.count - before.count) * 1e3
    }
}

/// The host's figures in Prometheus' text.
struct Figures(String);

impl Figures {
    fn get(&self, name: &str, function: &str) -> anyhow::Result<f64> {
        let series = format!("{name}{{function=\"{function}\"}} ");
        let value = self.0.lines().find_map(|line| line.strip_prefix(&series)?.trim().parse().ok());
        value.with_context(|| format!("the host says nothing of {series}"))
    }
}

fn publish_seconds(line: &str) -> Option<f64> {
    let said = line.contains("publish_duration_seconds").then(|| serde_json::from_str::<Value>(line).ok()).flatten()?;
    said["publish_duration_seconds"].as_f64()
}

fn lock(seconds: &Mutex<Vec<f64>>) -> std::sync::MutexGuard<'_, Vec<f64>> {
    seconds.lock().unwrap_or_else(PoisonError::into_inner)
}
