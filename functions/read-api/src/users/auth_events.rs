use std::sync::Arc;

use api::query::{limit, micros, of_micros, parameters};
use api::{Cursor, Failure, Page};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use store::directory::{self, AuthEvent};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::ReadApi;
use crate::path::{UserInPath, no_user};

/// Which part of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuthEventsQuery {
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// Something that a user did to prove who they are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthEventAnswer {
    /// The `source` of the event that told it.
    #[schema(example = "/auth")]
    source: String,
    /// The `id` of that event.
    event_id: String,
    /// `login`, `logout` or `password_changed`.
    #[schema(example = "login")]
    action: String,
    /// `success` or `failure`.
    #[schema(example = "success")]
    status: String,
    /// The client's address; null where nobody said, and once the person is erased.
    #[schema(required, example = "203.0.113.7")]
    ip_address: Option<String>,
    /// The client's `User-Agent`; null where nobody said, and once the person is erased.
    #[schema(required)]
    user_agent: Option<String>,
    /// When it happened, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

/// The authentication history of a user
///
/// Logins, logouts and changes of the password, the latest first.
#[utoipa::path(
    get,
    path = "/api/users/{id}/auth-events",
    tag = "users",
    params(
        ("id" = String, Path, description = "The user's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842"),
        AuthEventsQuery
    ),
    responses(
        (status = 200, description = "A page of the history", body = Page<AuthEventAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "No event of such a user was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_auth_events(
    State(api): State<Arc<ReadApi>>,
    UserInPath(id): UserInPath,
    query: Result<Query<AuthEventsQuery>, QueryRejection>,
) -> Result<Json<Page<AuthEventAnswer>>, Failure> {
    let query = parameters(query, "limit and cursor")?;
    let limit = limit(query.limit.as_deref())?;
    let before = Cursor::<(i64, i64)>::read(query.cursor.as_deref())?;
    let before = before.map(|(at, id)| Ok::<_, Failure>((of_micros(at)?, id))).transpose()?;
    let mut connection = api.pool.acquire().await?;
    let events = directory::auth_events(&mut connection, id.as_str(), before, limit + 1).await?;
    let page = Page::of(events.ok_or_else(no_user)?, limit, |last| (micros(last.occurred_at), last.auth_event_id));
    Ok(Json(page.map(AuthEventAnswer::of)))
}

impl AuthEventAnswer {
    fn of(event: AuthEvent) -> Self {
        Self {
            source: event.event_source,
            event_id: event.event_id,
            action: event.action,
            status: event.status,
            ip_address: event.ip_address.map(|address| address.to_string()),
            user_agent: event.user_agent,
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
        }
    }
}
