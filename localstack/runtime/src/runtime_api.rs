//! Lambda's Runtime API and Extensions API, as the processes of the functions see them.
//!
//! One listener serves all processes; each has a path prefix of its own, so that a process that was given up can say
//! nothing in the name of its successor.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock::new_id;
use crate::config::PAYLOAD_LIMIT;
use crate::failure::{Failure, Outcome};

/// What a process gets from its poll.
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) deadline_ms: u128,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) payload: Bytes,
}

/// What a process tells the host.
pub(crate) enum Report {
    /// It asks for an invocation: it is done with the one before, if there was one.
    Ready,
    /// It could not start, with Lambda's error body.
    InitFailed(Bytes),
    /// What it says of an invocation: its answer, or an error with Lambda's error body.
    Outcome { request_id: String, outcome: Outcome },
}

struct Link {
    function: String,
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
}

type Links = Arc<Mutex<HashMap<String, Arc<Link>>>>;

/// The host's end of the link to one process. Dropping it ends the link.
pub(crate) struct Connection {
    pub(crate) invocations: mpsc::Sender<Invocation>,
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    id: String,
    links: Links,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// The server, which ends when this is dropped.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    links: Links,
    _server: JoinSet<()>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen for the functions")?;
        let address = listener.local_addr()?;
        let links = Links::default();
        let app = router(Arc::clone(&links));
        let mut server = JoinSet::new();
        server.spawn(async move {
            // Serving ends only with the task: errors of single connections are handled inside.
            let _ = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), app).await;
        });
        Ok(Self { address, links, _server: server })
    }

    pub(crate) fn connect(&self, function: &str) -> Connection {
        let (invocations, pending) = mpsc::channel(1);
        let (reports, reported) = mpsc::unbounded_channel();
        let id = new_id().simple().to_string();
        let link = Link { function: function.to_owned(), invocations: tokio::sync::Mutex::new(pending), reports };
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), Arc::new(link));
        let address = format!("http://{}/{id}", self.address);
        Connection { invocations, reports: reported, address, id, links: Arc::clone(&self.links) }
    }
}

fn router(links: Links) -> Router {
    Router::new()
        .route("/{link}/2018-06-01/runtime/invocation/next", get(next))
        .route("/{link}/2018-06-01/runtime/invocation/{request}/response", post(response))
        .route("/{link}/2018-06-01/runtime/invocation/{request}/error", post(error))
        .route("/{link}/2018-06-01/runtime/init/error", post(init_error))
        .route("/{link}/2020-01-01/extension/register", post(register))
        .route("/{link}/2020-01-01/extension/event/next", get(extension_event))
        .with_state(links)
}

type Refusal = (StatusCode, Json<serde_json::Value>);

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Refusal {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message })))
}

fn link(links: &Links, id: &str) -> Result<Arc<Link>, Refusal> {
    let links = links.lock().unwrap_or_else(PoisonError::into_inner);
    let gone = || refusal(StatusCode::GONE, "Gone", "this environment was given up by the host");
    links.get(id).cloned().ok_or_else(gone)
}

async fn next(State(links): State<Links>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let link = link(&links, &id)?;
    let gone = || refusal(StatusCode::GONE, "Gone", "this environment was given up by the host");
    let mut invocations = link.invocations.lock().await;
    link.reports.send(Report::Ready).map_err(|_| gone())?;
    let invocation = invocations.recv().await.ok_or_else(gone)?;
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function_arn),
        ("lambda-runtime-trace-id", invocation.trace_id),
        ("content-type", "application/json".to_owned()),
    ];
    Ok((headers, invocation.payload).into_response())
}

async fn response(
    State(links): State<Links>,
    Path((id, request_id)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let link = link(&links, &id)?;
    let Ok(payload) = axum::body::to_bytes(body, PAYLOAD_LIMIT).await else {
        tell(&link, Report::Outcome { request_id, outcome: Err(Failure::too_large()) })?;
        let message = format!("the answer is larger than {PAYLOAD_LIMIT} bytes");
        return Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message));
    };
    tell(&link, Report::Outcome { request_id, outcome: Ok(payload) })?;
    Ok(StatusCode::ACCEPTED)
}

async fn error(
    State(links): State<Links>,
    Path((id, request_id)): Path<(String, String)>,
    error: Bytes,
) -> Result<StatusCode, Refusal> {
    let link = link(&links, &id)?;
    tell(&link, Report::Outcome { request_id, outcome: Err(Failure(error)) })?;
    Ok(StatusCode::ACCEPTED)
}

async fn init_error(State(links): State<Links>, Path(id): Path<String>, error: Bytes) -> Result<StatusCode, Refusal> {
    let link = link(&links, &id)?;
    tell(&link, Report::InitFailed(error))?;
    Ok(StatusCode::ACCEPTED)
}

/// An extension must register before the first poll: `lambda_runtime` does so for its graceful shutdown.
async fn register(State(links): State<Links>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let link = link(&links, &id)?;
    if !headers.contains_key("lambda-extension-name") {
        return Err(refusal(StatusCode::BAD_REQUEST, "Extension.MissingHeader", "Lambda-Extension-Name is missing"));
    }
    let identifier = [("lambda-extension-identifier", new_id().to_string())];
    let about = json!({ "functionName": link.function, "functionVersion": "$LATEST", "handler": "bootstrap" });
    Ok((identifier, Json(about)).into_response())
}

/// Events for extensions are not sent: the only ones that can register here are inside of functions, and those get
/// no `SHUTDOWN` event from Lambda either. The poll is held until its process ends.
async fn extension_event(State(links): State<Links>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let link = link(&links, &id)?;
    link.reports.closed().await;
    Err(refusal(StatusCode::GONE, "Gone", "this environment was given up by the host"))
}

fn tell(link: &Link, report: Report) -> Result<(), Refusal> {
    let gone = |_| refusal(StatusCode::GONE, "Gone", "this environment was given up by the host");
    link.reports.send(report).map_err(gone)
}
