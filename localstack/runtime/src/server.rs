//! The public side of a host: Lambda's Invoke API and the HTTP routes of the template.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::clock::{new_id, now};
use crate::config::{METRICS_PATH, PAYLOAD_LIMIT};
use crate::event::Arrival;
use crate::figures::Figures;
use crate::pool::Pool;
use crate::routes::Routes;
use crate::{answer, event};

/// The longest that an HTTP API waits for a function.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

/// What requests are answered with.
pub(crate) struct Front {
    pub(crate) pools: HashMap<String, Arc<Pool>>,
    pub(crate) routes: Routes,
    pub(crate) figures: Arc<Figures>,
    pub(crate) port: u16,
}

pub(crate) fn router(front: Arc<Front>) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .route(METRICS_PATH, get(metrics))
        .fallback(http)
        .with_state(front)
}

async fn metrics(State(front): State<Arc<Front>>) -> Response {
    let environments = front.pools.values().map(|pool| pool.environments());
    ([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], front.figures.text(environments)).into_response()
}

async fn invoke(State(front): State<Arc<Front>>, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let name = name.rsplit(':').next().unwrap_or_default();
    let Some(pool) = front.pools.get(name) else {
        let message = format!("Function not found: {name}");
        return refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let kind = headers.get("x-amz-invocation-type").map_or(&b"RequestResponse"[..], |kind| kind.as_bytes());
    match kind {
        b"RequestResponse" => {}
        b"DryRun" => return StatusCode::NO_CONTENT.into_response(),
        _ => {
            let message = "this host invokes synchronously only: send X-Amz-Invocation-Type: RequestResponse";
            return refused(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message);
        }
    }
    let Ok(payload) = axum::body::to_bytes(body, PAYLOAD_LIMIT).await else {
        let message = format!("Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation");
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message);
    };
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    let about = [("content-type", "application/json"), ("x-amz-executed-version", "$LATEST")];
    match pool.invoke(payload).await {
        Ok(payload) => (about, payload).into_response(),
        Err(failure) => (about, [("x-amz-function-error", "Unhandled")], failure.0).into_response(),
    }
}

fn refused(status: StatusCode, error_type: &str, message: &str) -> Response {
    let kind = [("x-amzn-errortype", error_type.to_owned())];
    (status, kind, Json(json!({ "Type": "User", "Message": message }))).into_response()
}

async fn http(
    State(front): State<Arc<Front>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let found = front.routes.find(parts.method.as_str(), parts.uri.path());
    let Some((matched, pool)) = found.and_then(|found| front.pools.get(found.function).map(|pool| (found, pool)))
    else {
        return gateway(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = axum::body::to_bytes(body, PAYLOAD_LIMIT).await else {
        return gateway(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let request_id = new_id().to_string();
    let arrival = Arrival { peer, port: front.port, request_id: &request_id, now: now() };
    let Some(payload) = event::build(&parts, &body, &matched, &arrival) else {
        return gateway(StatusCode::BAD_REQUEST, "Bad Request");
    };
    if payload.len() > PAYLOAD_LIMIT {
        return gateway(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    }
    let mut response = match tokio::time::timeout(INTEGRATION_LIMIT, pool.invoke(payload.into())).await {
        Ok(Ok(payload)) => answer::build(&payload).unwrap_or_else(|| bad_answer(&pool.blueprint.function.name)),
        Ok(Err(failure)) => {
            tracing::warn!(route = matched.key, error = failure.text(), "A function failed a request");
            gateway(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Err(_) => gateway(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    };
    if let Ok(id) = request_id.parse() {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

fn bad_answer(function: &str) -> Response {
    tracing::warn!(function, "A function answered a request with what is no HTTP response");
    gateway(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn gateway(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
