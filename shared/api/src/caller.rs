use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use events::{EventType, OWN_SOURCES, Source, UserId};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use lambda::Problem;
use store::PgPool;
use store::api_keys::{self, ApiKey};
use time::{Duration, OffsetDateTime};

use crate::{Failure, Grant, Key, Scope};

/// How exactly the last use of a key is known: each note of it is a write.
const USED_TO: Duration = Duration::MINUTE;

/// Who sent a request, once their key was found good for the route. Handlers get it with `Extension<Caller>`.
#[derive(Clone)]
pub struct Caller(Arc<ApiKey>);

impl Caller {
    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// Who the audit log says did it.
    #[must_use]
    pub fn actor(&self) -> UserId {
        format!("key:{}", self.0.key_id).parse().expect("the id of a key is hexadecimal")
    }

    /// Whether it may send events of this type.
    #[must_use]
    pub fn may_send(&self, event_type: EventType) -> bool {
        self.grants().any(|grant| grant == Grant::AllEvents || grant == Grant::Events(event_type))
    }

    /// Whether the events that it sends may have this source; those of our own functions are not for any key.
    #[must_use]
    pub fn may_speak_for(&self, source: &Source) -> bool {
        let is_ours = source.as_str().starts_with(OWN_SOURCES);
        !is_ours && self.0.sources.iter().any(|allowed| allowed == "*" || allowed == source.as_str())
    }

    /// The source of the events that it sends, where it may use only one.
    #[must_use]
    pub fn only_source(&self) -> Option<Source> {
        match self.0.sources.as_slice() {
            [source] if source != "*" => Source::new(source.as_str()).ok(),
            _ => None,
        }
    }

    fn grants(&self) -> impl Iterator<Item = Grant> {
        self.0.scopes.iter().filter_map(|scope| scope.parse().ok())
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({})", self.0.key_id)
    }
}

/// What it takes to find out who sent a request.
#[derive(Clone)]
pub struct Keys {
    /// The connections to the database.
    pub pool: PgPool,
    /// Tells the time.
    pub clock: fn() -> OffsetDateTime,
}

/// Lets a request through whose key is good for the scope.
pub(crate) async fn authorize(
    State((keys, scope)): State<(Keys, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let now = (keys.clock)();
    match identify(&keys, request.headers(), now).await? {
        None => Ok(unauthorized()),
        Some(caller) if !caller.grants().any(|grant| grant.covers(scope)) => Err(forbidden(&caller, scope).into()),
        Some(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
    }
}

/// Whose key the request carries, where it is good for anything.
async fn identify(keys: &Keys, headers: &HeaderMap, now: OffsetDateTime) -> Result<Option<Caller>, store::Error> {
    let Some(key) = bearer(headers) else { return Ok(None) };
    let mut connection = keys.pool.acquire().await?;
    let found = api_keys::find(&mut connection, key.id()).await?;
    let Some(found) = found.filter(|found| key.has_secret(&found.secret_sha256)) else { return Ok(None) };
    let is_expired = found.expires_at.is_some_and(|expires_at| expires_at <= now);
    if found.revoked_at.is_some() || is_expired {
        return Ok(None);
    }
    if found.last_used_at.is_none_or(|used| used <= now - USED_TO) {
        api_keys::used(&mut connection, key.id(), now, now - USED_TO).await?;
    }
    Ok(Some(Caller(Arc::new(found))))
}

fn bearer(headers: &HeaderMap) -> Option<Key> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().parse().ok())?
}

/// One answer for no key, a wrong, a revoked and an expired one.
fn unauthorized() -> Response {
    let detail = "Send a valid API key: Authorization: Bearer onceward_…";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized", detail);
    let mut response: Response = problem.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn forbidden(caller: &Caller, scope: Scope) -> Problem {
    tracing::warn!(
        api_key.id = caller.key_id(),
        api_key.lacks = scope.name(),
        "Request refused: its API key lacks the scope"
    );
    let detail = format!("This API key lacks the scope {}.", scope.name());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden", detail)
}
