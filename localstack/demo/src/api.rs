//! The HTTP side of all that needs an API key.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// Calls the functions as other people's programs do.
pub(crate) struct Api {
    client: Client,
    base: String,
    key: String,
}

impl Api {
    pub(crate) fn new(base: &str, key: &str) -> anyhow::Result<Self> {
        let client =
            Client::builder().timeout(Duration::from_secs(35)).build().context("cannot make an HTTP client")?;
        Ok(Self { client, base: base.to_owned(), key: key.to_owned() })
    }

    /// Sends events as one batch, and says how many were accepted.
    pub(crate) async fn send(&self, events: &Value) -> anyhow::Result<u64> {
        let answer =
            self.ask(Method::POST, "/api/events", Some(("application/cloudevents-batch+json", events))).await?;
        Ok(answer.as_ref().and_then(|answer| answer["ids"].as_array()).map_or(0, |ids| ids.len() as u64))
    }

    /// What is at a path, where anything is.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Option<Value>> {
        self.ask(Method::GET, path, None).await
    }

    /// Sends JSON to a path.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.change(Method::POST, path, body).await
    }

    /// Sends JSON to a path by this method.
    pub(crate) async fn change(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.ask(method, path, Some(("application/json", body))).await?;
        answer.with_context(|| format!("there is nothing at {path}"))
    }

    /// Deletes what is at a path.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.ask(Method::DELETE, path, None).await?.map(drop).with_context(|| format!("there is nothing at {path}"))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> anyhow::Result<Option<Value>> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body.to_string());
        }
        let answer = request.send().await.with_context(|| format!("{path} does not answer"))?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::NO_CONTENT => Ok(Some(Value::Null)),
            status if status.is_success() => {
                serde_json::from_str(&text).map(Some).with_context(|| format!("{path} answers what is no JSON"))
            }
            status => bail!("{path} answers {status}: {text}"),
        }
    }
}
