use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;

/// Lambda's Runtime API for one invocation, in the hands of a test: it can leave the answer hanging, which a host never does.
pub struct RuntimeApi {
    address: SocketAddr,
    invocation: Arc<Invocation>,
}

struct Invocation {
    event: Mutex<Option<Value>>,
    answer: Mutex<Option<Value>>,
    takes_answers: bool,
}

impl RuntimeApi {
    pub async fn start(event: Value, takes_answers: bool) -> Self {
        let invocation =
            Arc::new(Invocation { event: Mutex::new(Some(event)), answer: Mutex::new(None), takes_answers });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(std::future::pending::<StatusCode>))
            .with_state(Arc::clone(&invocation));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, invocation }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Whether the function has begun to answer.
    pub fn is_answered(&self) -> bool {
        self.invocation.answer.lock().unwrap().is_some()
    }

    pub fn answer(&self) -> Option<Value> {
        self.invocation.answer.lock().unwrap().clone()
    }
}

async fn register() -> impl IntoResponse {
    (
        [("lambda-extension-identifier", "test")],
        axum::Json(serde_json::json!({"functionName": "f", "functionVersion": "1", "handler": "h"})),
    )
}

async fn next(State(invocation): State<Arc<Invocation>>) -> Response {
    let event = invocation.event.lock().unwrap().take();
    let Some(event) = event else { return std::future::pending().await };
    let headers = [
        ("lambda-runtime-aws-request-id", "r-1"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:f"),
    ];
    (headers, axum::Json(event)).into_response()
}

async fn response(State(invocation): State<Arc<Invocation>>, body: Bytes) -> StatusCode {
    *invocation.answer.lock().unwrap() = serde_json::from_slice(&body).ok();
    if !invocation.takes_answers {
        std::future::pending::<()>().await;
    }
    StatusCode::ACCEPTED
}
