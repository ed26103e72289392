//! The body of a request.

use api::unread_body;
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
    api::json(headers, &body, what)
}
