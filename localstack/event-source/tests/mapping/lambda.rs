//! A stand-in for Lambda: it keeps what it is invoked with and answers as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How one invocation is answered.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    Success,
    /// As Lambda tells of a function's error.
    FunctionError,
    /// As `cargo lambda watch` tells of it.
    InternalError,
    SuccessAfter(Duration),
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Call {
    pub payload: Bytes,
    pub at: Instant,
}

impl Call {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap()
    }

    /// Partition and offset of each record, in the payload's order.
    pub fn places(&self) -> Vec<(i64, i64)> {
        let payload = self.json();
        let lists = payload["records"].as_object().unwrap().values();
        lists
            .flat_map(|list| list.as_array().unwrap())
            .map(|record| (record["partition"].as_i64().unwrap(), record["offset"].as_i64().unwrap()))
            .collect()
    }
}

type Decide = dyn Fn(usize) -> Answer + Send + Sync;

struct Shared {
    calls: Mutex<Vec<Call>>,
    done: Mutex<Vec<usize>>,
    decide: Box<Decide>,
}

/// The stand-in; it stops with its value.
pub struct Lambda {
    pub endpoint: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

impl Lambda {
    /// `decide` gives the answer to each invocation, counted from 0.
    pub async fn start(decide: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), decide).await
    }

    pub async fn start_on(listen: SocketAddr, decide: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { calls: Mutex::default(), done: Mutex::default(), decide: Box::new(decide) });
        let app = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoked))
            .layer(DefaultBodyLimit::max(6 * 1024 * 1024))
            .with_state(Arc::clone(&shared));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { endpoint, shared, _server: server }
    }

    /// All invocations so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The offsets by partition of all invocations that were answered with success, in the order of the answers.
    pub fn succeeded(&self) -> BTreeMap<i64, Vec<i64>> {
        let calls = self.calls();
        let mut seen = BTreeMap::<i64, Vec<i64>>::new();
        for done in self.shared.done.lock().unwrap().iter() {
            for (partition, offset) in calls[*done].places() {
                seen.entry(partition).or_default().push(offset);
            }
        }
        seen
    }

    /// How many invocations were answered with success.
    pub fn finished(&self) -> usize {
        self.shared.done.lock().unwrap().len()
    }

    /// How many records were in invocations that were answered with success.
    pub fn records(&self) -> usize {
        self.succeeded().values().map(Vec::len).sum()
    }
}

async fn invoked(State(shared): State<Arc<Shared>>, Path(name): Path<String>, payload: Bytes) -> Response {
    assert_eq!(name, "consumer");
    let index = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(Call { payload, at: Instant::now() });
        calls.len() - 1
    };
    let answer = (shared.decide)(index);
    if let Answer::SuccessAfter(time) = answer {
        tokio::time::sleep(time).await;
    }
    let error = r#"{"errorType":"Test","errorMessage":"as told"}"#;
    match answer {
        Answer::FunctionError => ([("x-amz-function-error", "Unhandled")], error).into_response(),
        Answer::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
        Answer::Success | Answer::SuccessAfter(_) => {
            shared.done.lock().unwrap().push(index);
            "null".into_response()
        }
    }
}
