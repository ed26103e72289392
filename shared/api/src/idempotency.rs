use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::PgConnection;
use store::idempotency_keys::{self, Claim};
use time::OffsetDateTime;

use crate::{Caller, Failure, invalid};

/// The longest `Idempotency-Key`, in bytes.
const LONGEST: usize = 255;

/// A request as its `Idempotency-Key` tells it from others. One without a key is told from none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency(Option<Keyed>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Keyed {
    /// What the key stands under. Each API key has its own: what another was answered is not for it.
    scope: String,
    key: String,
    sha256: [u8; 32],
}

impl Idempotency {
    /// Of a request with this body; `operation` says what it asks for, such as `POST /api/links`.
    pub fn read(headers: &HeaderMap, operation: &str, caller: &Caller, body: &[u8]) -> Result<Self, Problem> {
        let Some(value) = headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()));
        let key = key.ok_or_else(|| invalid("Idempotency-Key", "The key is not 1 to 255 characters of ASCII."))?;
        let scope = format!("{operation} {}", caller.key_id());
        Ok(Self(Some(Keyed { scope, key: key.to_owned(), sha256: Sha256::digest(body).into() })))
    }

    /// What the same request was answered before. Where it was not, the transaction that asks keeps its key until it ends, and owes it an
    /// answer.
    pub async fn answered(&self, connection: &mut PgConnection, now: OffsetDateTime) -> Result<Option<Value>, Failure> {
        let Some(Keyed { scope, key, sha256 }) = &self.0 else { return Ok(None) };
        match idempotency_keys::claim(connection, scope, key, sha256, now).await? {
            Claim::New => Ok(None),
            Claim::Answered(answer) => Ok(Some(answer)),
            Claim::OtherRequest => Err(other_request().into()),
        }
    }

    /// Keeps what it is answered, in the transaction of what it asked for.
    pub async fn keep(&self, connection: &mut PgConnection, answer: &Value) -> Result<(), Failure> {
        let Some(Keyed { scope, key, .. }) = &self.0 else { return Ok(()) };
        Ok(idempotency_keys::answer(connection, scope, key, answer).await?)
    }
}

fn other_request() -> Problem {
    let detail = "Another request was sent with this Idempotency-Key. Use a new key for a new request.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused", detail)
        .about("Idempotency-Key")
}
