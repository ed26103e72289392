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
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How one invocation is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    Success,
    /// With this answer of the function.
    SuccessSaying(&'static str),
    /// As Lambda tells of a function's error.
    FunctionError,
    /// As `cargo lambda watch` tells of it.
    InternalError,
    SuccessAfter(Duration),
    /// When it is true.
    SuccessWhen(watch::Receiver<bool>),
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Call {
    /// How many came before it.
    pub index: usize,
    pub function: String,
    /// The last segment of the endpoint that it was sent to, where it has one: see [`Lambda::endpoint_of`].
    pub caller: Option<String>,
    pub payload: Bytes,
    pub at: Instant,
    /// Topic, partition and offset of each record, in the payload's order.
    records: Vec<(String, i64, i64)>,
}

impl Call {
    fn new(index: usize, function: String, caller: Option<String>, payload: Bytes) -> Self {
        let mut call = Self { index, function, caller, payload, at: Instant::now(), records: Vec::new() };
        let json = call.json();
        let lists = json["records"].as_object().into_iter().flat_map(|lists| lists.values());
        for record in lists.flat_map(|list| list.as_array().unwrap()) {
            let topic = record["topic"].as_str().unwrap().to_owned();
            call.records.push((topic, record["partition"].as_i64().unwrap(), record["offset"].as_i64().unwrap()));
        }
        call
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap()
    }

    /// Partition and offset of each record, in the payload's order.
    pub fn places(&self) -> Vec<(i64, i64)> {
        self.records.iter().map(|(_, partition, offset)| (*partition, *offset)).collect()
    }

    pub fn topic(&self) -> &str {
        &self.records[0].0
    }
}

type Decide = dyn Fn(&Call) -> Answer + Send + Sync;

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
    /// `decide` gives the answer to each invocation of `consumer`, counted from 0.
    pub async fn start(decide: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), decide).await
    }

    pub async fn start_on(listen: SocketAddr, decide: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let decide = move |call: &Call| {
            assert_eq!(call.function, "consumer");
            decide(call.index)
        };
        Self::serve(listen, Box::new(decide)).await
    }

    /// `decide` gives the answer to each invocation of whatever function.
    pub async fn answering(decide: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(SocketAddr::from(([127, 0, 0, 1], 0)), Box::new(decide)).await
    }

    async fn serve(listen: SocketAddr, decide: Box<Decide>) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { calls: Mutex::default(), done: Mutex::default(), decide });
        let app = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoked))
            .route("/{caller}/2015-03-31/functions/{name}/invocations", post(invoked_by))
            .layer(DefaultBodyLimit::max(6 * 1024 * 1024))
            .with_state(Arc::clone(&shared));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { endpoint, shared, _server: server }
    }

    /// An endpoint whose calls bear this name.
    pub fn endpoint_of(&self, caller: &str) -> String {
        format!("{}/{caller}", self.endpoint)
    }

    /// All invocations so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The invocations by one caller.
    pub fn calls_by(&self, caller: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.caller.as_deref() == Some(caller)).collect()
    }

    /// The offsets by partition of all invocations that were answered with success, in the order of the answers.
    pub fn succeeded(&self) -> BTreeMap<i64, Vec<i64>> {
        self.succeeded_where(|_| true)
    }

    /// The same of some invocations.
    pub fn succeeded_where(&self, wanted: impl Fn(&Call) -> bool) -> BTreeMap<i64, Vec<i64>> {
        let calls = self.calls();
        let mut seen = BTreeMap::<i64, Vec<i64>>::new();
        for call in self.shared.done.lock().unwrap().iter().map(|done| &calls[*done]).filter(|call| wanted(call)) {
            for (partition, offset) in call.places() {
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
    answer(shared, name, None, payload).await
}

async fn invoked_by(
    State(shared): State<Arc<Shared>>,
    Path((caller, name)): Path<(String, String)>,
    payload: Bytes,
) -> Response {
    answer(shared, name, Some(caller), payload).await
}

/// Answers in a task of its own: a function runs on when its caller has gone.
async fn answer(shared: Arc<Shared>, function: String, caller: Option<String>, payload: Bytes) -> Response {
    let call = {
        let mut calls = shared.calls.lock().unwrap();
        let call = Call::new(calls.len(), function, caller, payload);
        calls.push(call.clone());
        call
    };
    let answer = (shared.decide)(&call);
    tokio::spawn(async move { finish(&shared, call.index, answer).await }).await.unwrap()
}

async fn finish(shared: &Shared, index: usize, answer: Answer) -> Response {
    let error = r#"{"errorType":"Test","errorMessage":"as told"}"#;
    let mut said = "null";
    match answer {
        Answer::SuccessSaying(text) => said = text,
        Answer::FunctionError => return ([("x-amz-function-error", "Unhandled")], error).into_response(),
        Answer::InternalError => return (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
        Answer::SuccessAfter(time) => tokio::time::sleep(time).await,
        Answer::SuccessWhen(mut gate) => {
            // An error means that the test has ended.
            let _ = gate.wait_for(|open| *open).await;
        }
        Answer::Success => {}
    }
    shared.done.lock().unwrap().push(index);
    said.into_response()
}
