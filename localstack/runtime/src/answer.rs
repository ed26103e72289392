//! The answer of a function as an HTTP response, by the rules of API Gateway's HTTP API, payload format 2.0.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that `payload` asks for. JSON without a status is itself the body of a 200; nothing is returned where
/// `payload` is no valid answer, which a gateway answers with 500.
pub(crate) fn build(payload: &Bytes) -> Option<Response<Body>> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    if value.get("statusCode").is_none() {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        return Some((json, payload.clone()).into_response());
    }
    let answer: Answer = serde_json::from_value(value).ok()?;
    let body = match answer.body {
        Some(text) if answer.is_base64_encoded => BASE64.decode(text).ok()?,
        Some(text) => text.into_bytes(),
        None => Vec::new(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    fill(response.headers_mut(), answer.headers.unwrap_or_default(), &answer.cookies.unwrap_or_default())?;
    Some(response)
}

fn fill(headers: &mut HeaderMap, sent: BTreeMap<String, Value>, cookies: &[String]) -> Option<()> {
    for (name, value) in sent {
        let text = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        // The connection's own headers are the server's to say.
        if name != header::TRANSFER_ENCODING && name != header::CONNECTION && name != header::CONTENT_LENGTH {
            headers.insert(name, HeaderValue::from_str(&text).ok()?);
        }
    }
    for cookie in cookies {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie).ok()?);
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    Some(())
}
