//! The body of a request.

use api::{invalid, media_type, reason, unread_body, unsupported_media_type};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::HeaderMap;
use lambda::Problem;
use serde::de::DeserializeOwned;

use crate::BODY_LIMIT;

/// Reads a body of JSON; `what` says what it should be.
pub(crate) fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    what: &str,
) -> Result<T, Problem> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    if media_type(headers) != "application/json" {
        return Err(unsupported_media_type(&format!("Send {what} as JSON, with content-type application/json.")));
    }
    serde_json::from_slice(&body)
        .map_err(|error| invalid("body", format!("The body is not {what}: {}.", reason(&error))))
}
