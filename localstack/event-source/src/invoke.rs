//! The Invoke API, as a caller of it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, Request, header};

use crate::config::invoke_limit;

/// Invokes one function.
pub(crate) struct Invoker {
    client: Client,
    url: String,
}

impl Invoker {
    pub(crate) fn new(endpoint: &str, function: &str, function_timeout: Duration) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().tcp_nodelay(true).timeout(invoke_limit(function_timeout)).build()?;
        let url = format!("{endpoint}/2015-03-31/functions/{function}/invocations");
        Ok(Self { client, url })
    }

    /// The request that invokes the function with `payload`, which can be sent any number of times.
    pub(crate) fn request(&self, payload: Vec<u8>) -> anyhow::Result<Request> {
        let request = self.client.post(&self.url).header(header::CONTENT_TYPE, "application/json");
        request.body(payload).build().with_context(|| format!("cannot invoke {}", self.url))
    }

    /// Invokes the function. Everything but a success without a function error is a failure: Lambda tells of one by a
    /// header, `cargo lambda watch` by status 500.
    pub(crate) async fn send(&self, request: &Request) -> anyhow::Result<()> {
        let unreachable = || format!("cannot invoke {}", self.url);
        let request = request.try_clone().with_context(unreachable)?;
        let answer = self.client.execute(request).await.with_context(unreachable)?;
        let status = answer.status();
        let failed = answer.headers().contains_key("x-amz-function-error");
        let text = answer.bytes().await.with_context(unreachable)?;
        let start: String = String::from_utf8_lossy(&text).chars().take(500).collect();
        if failed {
            bail!("the function failed: {start}");
        }
        if !status.is_success() {
            bail!("the function was not invoked: status {status}: {start}");
        }
        Ok(())
    }
}

/// Whether nothing listens at the endpoint, so that no function has been asked.
pub(crate) fn is_undelivered(error: &anyhow::Error) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect)
}
