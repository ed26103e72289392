//! `user_auth_events`: what users did to prove who they are.

use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Something that a user did, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthEvent {
    /// The user.
    pub user_id: String,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// `login`, `logout` or `password_changed`.
    pub action: &'static str,
    /// `success` or `failure`.
    pub status: &'static str,
    /// The address of the client.
    pub ip_address: Option<IpAddr>,
    /// `User-Agent`, as the client sent it.
    pub user_agent: Option<String>,
    /// When it happened, as the event says.
    pub occurred_at: OffsetDateTime,
}

/// Adds events to the history, in their order, as recorded now.
pub async fn insert(connection: &mut PgConnection, events: &[&AuthEvent]) -> sqlx::Result<()> {
    sqlx::query_file!(
        "queries/insert_user_auth_events.sql",
        &events.iter().map(|event| event.user_id.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.event_source.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.event_id.as_str()).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.action).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.status).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|event| event.ip_address.map(|address| address.to_string())).collect::<Vec<_>>()
            as &[Option<String>],
        &events.iter().map(|event| event.user_agent.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &events.iter().map(|event| event.occurred_at).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(drop)
}
