//! `user_auth_events`: what users did to prove who they are.

use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::copy::{self, Network, PIECE, field, framed, inet, text, timestamp};

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

const STATEMENT: &str = "copy user_auth_events (
    user_id, event_source, event_id, action, status, ip_address, user_agent, occurred_at
) from stdin (format binary)";
const COLUMNS: i16 = 8;

/// Adds events to the history, in their order, as recorded now.
pub async fn insert(connection: &mut PgConnection, events: &[&AuthEvent]) -> sqlx::Result<()> {
    let rows = events.chunks(PIECE).map(|events| {
        let mut rows = Vec::with_capacity(256 * events.len());
        for event in events {
            row(&mut rows, event);
        }
        rows
    });
    copy::copy(connection, STATEMENT, framed(rows), || ()).await
}

fn row(rows: &mut Vec<u8>, event: &AuthEvent) {
    copy::row(rows, COLUMNS);
    field(rows, event.user_id.as_bytes());
    field(rows, event.event_source.as_bytes());
    field(rows, event.event_id.as_bytes());
    field(rows, event.action.as_bytes());
    field(rows, event.status.as_bytes());
    inet(rows, event.ip_address.map(Network::of_address));
    text(rows, event.user_agent.as_deref());
    timestamp(rows, event.occurred_at);
}
