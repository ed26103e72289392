use http::HeaderMap;
use lambda::Problem;
use serde::de::DeserializeOwned;

use crate::{invalid, media_type, reason, unsupported_media_type};

/// Reads a body of JSON; `what` says what it should be.
pub fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8], what: &str) -> Result<T, Problem> {
    if media_type(headers) != "application/json" {
        return Err(unsupported_media_type(&format!("Send {what} as JSON, with content-type application/json.")));
    }
    serde_json::from_slice(body)
        .map_err(|error| invalid("body", format!("The body is not {what}: {}.", reason(&error))))
}
