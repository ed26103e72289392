//! The audit log, as it is read.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Which entries are meant: those for which all that is set holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// Whom it is about, or who did it.
    pub user_id: Option<String>,
    /// What it was done to.
    pub resource: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// The `correlationid` of the event.
    pub correlation_id: Option<String>,
    /// Happened then or later.
    pub since: Option<OffsetDateTime>,
    /// Happened before.
    pub until: Option<OffsetDateTime>,
}

/// The place of an entry among all: when it happened, and its place in its chain.
pub type TrailPlace = (OffsetDateTime, String, i64);

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    /// The chain that it is in.
    pub chain: String,
    /// Its place there.
    pub seq: i64,
    /// Its hash, on which the next entry of the chain builds.
    pub hash: Vec<u8>,
    /// The `source` of the event.
    pub event_source: String,
    /// The `id` of the event.
    pub event_id: String,
    /// What kind of event that was.
    pub event_type: String,
    /// Whom it is about, or who did it.
    pub user_id: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub resource: String,
    /// How it ended.
    pub status: String,
    /// What else there is to say.
    pub detail: Option<String>,
    /// Whether something newer had taken effect before.
    pub is_stale: bool,
    /// The `correlationid` of the event.
    pub correlation_id: Option<String>,
    /// The `causationid` of the event.
    pub causation_id: Option<String>,
    /// When it happened, as the event says.
    pub occurred_at: OffsetDateTime,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
}

/// The latest entries that match, those before a place where there is one, at most so many. An entry whose times somebody has set to
/// what no event can have is left out: the verification of the log names it.
pub async fn list(
    connection: &mut PgConnection,
    filter: &TrailFilter,
    before: Option<&TrailPlace>,
    limit: i64,
) -> sqlx::Result<Vec<TrailEntry>> {
    sqlx::query_file_as!(
        TrailEntry,
        "queries/list_audit_trail.sql",
        filter.user_id.as_deref() as Option<&str>,
        filter.resource.as_deref() as Option<&str>,
        filter.action.as_deref() as Option<&str>,
        filter.correlation_id.as_deref() as Option<&str>,
        filter.since,
        filter.until,
        before.map(|(occurred_at, ..)| *occurred_at) as Option<OffsetDateTime>,
        before.map(|(_, chain, _)| chain.as_str()) as Option<&str>,
        before.map(|(.., seq)| *seq) as Option<i64>,
        limit
    )
    .fetch_all(connection)
    .await
}
