use std::fmt::Write as _;
use std::sync::Arc;

use api::query::{limit, micros, moment, no_cursor, of_micros, parameters, text};
use api::{Cursor, Failure, Page, invalid};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use events::UserId;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::audit_trail::{self, TrailEntry, TrailFilter, TrailPlace};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::ReadApi;

/// Which entries of the audit log: those for which all that is given holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Whom it is about, or who did it.
    #[param(max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$")]
    user: Option<String>,
    /// What it was done to, such as `users/u-1`.
    #[param(min_length = 1, max_length = 512)]
    resource: Option<String>,
    /// What was done, such as `login`.
    #[param(min_length = 1, max_length = 128)]
    action: Option<String>,
    /// The `correlationid` of the event.
    #[param(min_length = 1, max_length = 128)]
    correlation_id: Option<String>,
    /// Happened then or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Happened before.
    #[param(format = DateTime)]
    until: Option<String>,
    /// How many at most: 50 where it is not given.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next` of the page before, as it is.
    cursor: Option<String>,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditAnswer {
    /// The chain that it is in: topic, a slash, partition.
    #[schema(example = "user.events/0")]
    chain: String,
    /// Its place there, from 1, without gaps.
    #[schema(minimum = 1)]
    seq: i64,
    /// SHA-256, on which the next entry of the chain builds, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
    /// The `source` of the event.
    #[schema(example = "/shop")]
    source: String,
    /// The `id` of the event.
    event_id: String,
    /// What kind of event that was.
    #[schema(example = "user.updated")]
    event_type: String,
    /// Whom it is about, or who did it: a user, `key:` with the id of an API key, or `operator:` with a name.
    #[schema(example = "u-1")]
    user_id: String,
    /// What was done.
    #[schema(example = "updated")]
    action: String,
    /// What it was done to.
    #[schema(example = "users/u-1")]
    resource: String,
    /// How it ended.
    #[schema(example = "success")]
    status: String,
    /// What else there is to say, such as the names of updated fields.
    #[schema(required)]
    detail: Option<String>,
    /// Whether something newer had taken effect before, so that it changed nothing else.
    is_stale: bool,
    /// The `correlationid` of the event.
    #[schema(required)]
    correlation_id: Option<String>,
    /// The `causationid` of the event.
    #[schema(required)]
    causation_id: Option<String>,
    /// When it happened, as the event says.
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

/// The audit trail
///
/// Who did what, the latest first.
#[utoipa::path(
    get,
    path = "/api/audit",
    tag = "audit",
    params(AuditQuery),
    responses(
        (status = 200, description = "A page of the trail", body = Page<AuditAnswer>),
        (
            status = 400,
            description = "A parameter is none, or not as it should be; `field` names it",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn list_audit(
    State(api): State<Arc<ReadApi>>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<Page<AuditAnswer>>, Failure> {
    let known = "user, resource, action, correlationId, since, until, limit and cursor";
    let query = parameters(query, known)?;
    let (limit, before) = (limit(query.limit.as_deref())?, place(query.cursor.as_deref())?);
    let filter = filter(query)?;
    let mut connection = api.pool.acquire().await?;
    let entries = audit_trail::list(&mut connection, &filter, before.as_ref(), limit + 1).await?;
    let page = Page::of(entries, limit, |last| (micros(last.occurred_at), last.chain.clone(), last.seq));
    Ok(Json(page.map(AuditAnswer::of)))
}

fn filter(query: AuditQuery) -> Result<TrailFilter, Problem> {
    let user = query.user.map(|user| user.parse::<UserId>()).transpose();
    let user = user.map_err(|error| invalid("user", format!("The value of user {error}.")))?;
    Ok(TrailFilter {
        user_id: user.map(|user| user.to_string()),
        resource: text::<512>("resource", query.resource)?,
        action: text::<128>("action", query.action)?,
        correlation_id: text::<128>("correlationId", query.correlation_id)?,
        since: moment("since", query.since.as_deref())?,
        until: moment("until", query.until.as_deref())?,
    })
}

fn place(cursor: Option<&str>) -> Result<Option<TrailPlace>, Problem> {
    let Some((at, chain, seq)) = Cursor::<(i64, String, i64)>::read(cursor)? else { return Ok(None) };
    let place = (of_micros(at)?, chain, seq);
    if place.1.contains('\0') { Err(no_cursor()) } else { Ok(Some(place)) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all that is written");
        hex
    })
}

impl AuditAnswer {
    fn of(entry: TrailEntry) -> Self {
        Self {
            chain: entry.chain,
            seq: entry.seq,
            hash: hex(&entry.hash),
            source: entry.event_source,
            event_id: entry.event_id,
            event_type: entry.event_type,
            user_id: entry.user_id,
            action: entry.action,
            resource: entry.resource,
            status: entry.status,
            detail: entry.detail,
            is_stale: entry.is_stale,
            correlation_id: entry.correlation_id,
            causation_id: entry.causation_id,
            occurred_at: entry.occurred_at,
            recorded_at: entry.recorded_at,
        }
    }
}
