//! Where changes are asked for: the function's own code in this process, or the built function under the local runtime.

use std::sync::Mutex;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use discussions_api::DiscussionsApi;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::host::Host;
use crate::stage::Stage;

/// The largest answer that is expected, in bytes.
const LIMIT: usize = 1 << 20;

/// What takes changes.
pub(super) enum Door {
    Host(Host),
    Here(Environments),
}

/// An answer to a change.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Server-Timing`
    pub(super) timing: String,
    pub(super) text: String,
}

/// Environments of `discussions-api` in this process: each has its own connection and its own producer, and one request at a time.
pub(super) struct Environments {
    key: String,
    free: Semaphore,
    idle: Mutex<Vec<Router>>,
}

impl Environments {
    /// So many, with these settings over those of the stage.
    pub(super) fn start(stage: &Stage<'_>, count: u32, settings: &[(&str, String)]) -> anyhow::Result<Self> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let environment = stage.variables.clone().into_iter().chain(settings).collect();
        let start = |_| {
            #[expect(clippy::disallowed_methods, reason = "the clock is read here, as the function's main does")]
            let (router, ()) = discussions_api::router(DiscussionsApi::start(&environment, OffsetDateTime::now_utc)?);
            anyhow::Ok(router)
        };
        let idle = (0..count).map(start).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { key: stage.key.clone(), free: Semaphore::new(idle.len()), idle: Mutex::new(idle) })
    }

    /// The one that was free last takes the request, as on Lambda.
    async fn ask(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.key));
        let request = request.body(Body::from(body.to_string()))?;
        let _permit = self.free.acquire().await?;
        let environment = self.idle().pop().context("as many are idle as the semaphore says")?;
        let answer = environment.clone().oneshot(request).await?;
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8(to_bytes(body, LIMIT).await?.into())?;
        self.idle().push(environment);
        Ok(Answer { status: parts.status, timing: timing(&parts.headers), text })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Router>> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Door {
    pub(super) async fn ask(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let host = match self {
            Self::Here(environments) => return environments.ask(method, path, body).await,
            Self::Host(host) => host,
        };
        let answer = host.request(method, path).json(body).send().await?;
        let (status, timing) = (answer.status(), timing(answer.headers()));
        Ok(Answer { status, timing, text: answer.text().await? })
    }

    /// Ends what it has started.
    pub(super) async fn close(self) {
        if let Self::Host(host) = self {
            host.stop().await;
        }
    }
}

fn timing(headers: &HeaderMap) -> String {
    headers.get("server-timing").and_then(|timing| timing.to_str().ok()).unwrap_or_default().to_owned()
}
