use axum::extract::rejection::BytesRejection;
use events::ShortCode;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::Deserialize;
use url::Url;

use crate::problems::{invalid, taken};
use crate::{code, target};

/// The largest body, in bytes: a target of the greatest length fits, with every character escaped.
pub(crate) const BODY_LIMIT: usize = 16 * 1024;
/// The longest `Idempotency-Key`, in bytes.
const KEY_LIMIT: usize = 255;
/// The longest part of a JSON error that is repeated to the client, in bytes: it may quote the body.
const REASON_LIMIT: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    target: String,
    code: Option<String>,
}

/// What a valid request for a new link asks for.
pub(crate) struct Wanted {
    pub(crate) target: Url,
    pub(crate) code: Option<ShortCode>,
}

/// Reads a request for a new link.
pub(crate) fn wanted(headers: &HeaderMap, body: &[u8], base: &Url) -> Result<Wanted, Problem> {
    if !is_json(headers) {
        let (status, detail) =
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the link as JSON, with content-type application/json.");
        return Err(Problem::new(status, "unsupported-media-type", "Unsupported media type", detail));
    }
    let new: NewLink = serde_json::from_slice(body).map_err(|error| no_new_link(&error))?;
    let target = target::parse(&new.target, base).map_err(|error| invalid("target", error.to_string()))?;
    let code = new.code.as_deref().map(own_code).transpose()?;
    Ok(Wanted { target, code })
}

/// The key of the request, where it has one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_LIMIT).contains(&key.len()));
    key.map(Some).ok_or_else(|| invalid("Idempotency-Key", "The key is not 1 to 255 characters of ASCII."))
}

/// The problem with a body that was not read whole.
pub(crate) fn unread_body(error: &BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("The body is larger than {BODY_LIMIT} bytes.");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large", detail).about("body");
    }
    invalid("body", "The body could not be read to its end.")
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn no_new_link(error: &serde_json::Error) -> Problem {
    let mut reason = error.to_string();
    if reason.len() > REASON_LIMIT {
        reason.truncate(reason.floor_char_boundary(REASON_LIMIT));
        reason.push('…');
    }
    invalid("body", format!("The body is not a link: {reason}."))
}

fn own_code(text: &str) -> Result<ShortCode, Problem> {
    let code: ShortCode = text.parse().map_err(|error| invalid("code", format!("The code {error}.")))?;
    if code::is_reserved(&code) {
        return Err(taken("This code is kept for the service itself."));
    }
    Ok(code)
}
