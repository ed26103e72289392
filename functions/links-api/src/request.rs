use api::{invalid, media_type, reason, unsupported_media_type};
use events::ShortCode;
use http::HeaderMap;
use lambda::Problem;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use crate::problems::taken;
use crate::{code, target};

/// The largest body, in bytes: a target of the greatest length fits, with every character escaped.
pub(crate) const BODY_LIMIT: usize = 16 * 1024;
/// The longest `Idempotency-Key`, in bytes.
const KEY_LIMIT: usize = 255;

/// A link that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// Where it is to lead: an absolute URL, http or https, without a user name, and not of this service.
    #[schema(format = "uri", min_length = 1, max_length = 2048, example = "https://example.com/sale")]
    target: String,
    /// The code that is wanted; one that nobody has where there is none.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", example = "Summer-Sale_2026")]
    code: Option<String>,
}

/// What a valid request for a new link asks for.
pub(crate) struct Wanted {
    pub(crate) target: Url,
    pub(crate) code: Option<ShortCode>,
}

/// Reads a request for a new link.
pub(crate) fn wanted(headers: &HeaderMap, body: &[u8], base: &Url) -> Result<Wanted, Problem> {
    if media_type(headers) != "application/json" {
        return Err(unsupported_media_type("Send the link as JSON, with content-type application/json."));
    }
    let new: NewLink = serde_json::from_slice(body)
        .map_err(|error| invalid("body", format!("The body is not a link: {}.", reason(&error))))?;
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

fn own_code(text: &str) -> Result<ShortCode, Problem> {
    let code: ShortCode = text.parse().map_err(|error| invalid("code", format!("The code {error}.")))?;
    if code::is_reserved(&code) {
        return Err(taken("This code is kept for the service itself."));
    }
    Ok(code)
}
