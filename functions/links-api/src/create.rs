use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use events::ShortCode;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::PgConnection;
use store::idempotency_keys::{self, Claim};
use store::links::{self, Link};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::answer::LinkAnswer;
use crate::problems::Failure;
use crate::{LinksApi, code, target};

/// What idempotency keys of this request stand under.
const SCOPE: &str = "POST /api/links";
/// The longest `Idempotency-Key`, in bytes.
const KEY_LIMIT: usize = 255;
/// Two generated codes are the same about once in 10¹² / (links there are) tries.
const GENERATED_TRIES: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    target: String,
    code: Option<String>,
}

/// What a valid request asks for.
struct Wanted {
    target: Url,
    code: Option<ShortCode>,
}

/// `POST /api/links`
pub(crate) async fn create(State(api): State<Arc<LinksApi>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let wanted = read(&headers, &body, &api.base)?;
    let key = idempotency_key(&headers)?;
    let now = OffsetDateTime::now_utc();
    let mut transaction = api.pool.begin().await?;
    let answer = match key {
        None => make(&mut transaction, &wanted, &api.base, now).await?,
        Some(key) => {
            let hash = Sha256::digest(&body);
            match idempotency_keys::claim(&mut transaction, SCOPE, key, &hash, now).await? {
                Claim::Answered(answer) => answer,
                Claim::OtherRequest => return Err(other_request().into()),
                Claim::New => {
                    let answer = make(&mut transaction, &wanted, &api.base, now).await?;
                    idempotency_keys::answer(&mut transaction, SCOPE, key, &answer).await?;
                    answer
                }
            }
        }
    };
    transaction.commit().await?;
    let location = format!("/api/links/{}", answer["code"].as_str().unwrap_or_default());
    Ok((StatusCode::CREATED, [(LOCATION, location)], axum::Json(answer)).into_response())
}

fn read(headers: &HeaderMap, body: &[u8], base: &Url) -> Result<Wanted, Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.trim_start().to_ascii_lowercase().starts_with("application/json") {
        let detail = "Send the link as JSON, with content-type application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail));
    }
    let new: NewLink = serde_json::from_slice(body).map_err(|error| invalid("body", format!("The body is not a link: {error}.")))?;
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

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_LIMIT).contains(&key.len()));
    key.map(Some).ok_or_else(|| invalid("Idempotency-Key", "The key is not 1 to 255 characters of ASCII.".to_owned()))
}

/// Inserts the link, and answers with what is shown of it.
async fn make(connection: &mut PgConnection, wanted: &Wanted, base: &Url, now: OffsetDateTime) -> Result<Value, Failure> {
    let tries = if wanted.code.is_some() { 1 } else { GENERATED_TRIES };
    for _ in 0..tries {
        let code = wanted.code.clone().unwrap_or_else(|| code::generate(&mut rand::rng()));
        let link = Link { link_id: Uuid::now_v7(), code: code.to_string(), target: wanted.target.to_string(), created_at: stored(now) };
        if links::insert(connection, &link).await? {
            return Ok(serde_json::to_value(LinkAnswer::of(link, base)).expect("an answer has text keys alone"));
        }
    }
    Err(taken("Another link has this code.").into())
}

/// The database keeps microseconds: the first answer says the same as every later one.
fn stored(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_nanosecond(now.microsecond() * 1000).expect("less than a second")
}

fn invalid(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-request", "Invalid request", detail).about(field)
}

fn taken(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "code-taken", "Code taken", detail).about("code")
}

fn other_request() -> Problem {
    let detail = "Another request was sent with this Idempotency-Key. Use a new key for a new request.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused", detail).about("Idempotency-Key")
}
