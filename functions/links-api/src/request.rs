use api::invalid;
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
    let new: NewLink = api::json(headers, body, "a link")?;
    let target = target::parse(&new.target, base).map_err(|error| invalid("target", error.to_string()))?;
    let code = new.code.as_deref().map(own_code).transpose()?;
    Ok(Wanted { target, code })
}

fn own_code(text: &str) -> Result<ShortCode, Problem> {
    let code: ShortCode = text.parse().map_err(|error| invalid("code", format!("The code {error}.")))?;
    if code::is_reserved(&code) {
        return Err(taken("This code is kept for the service itself."));
    }
    Ok(code)
}
