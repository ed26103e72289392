//! The user directory and the authentication history, as they are read.

use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::shop::{self, OrderSummary};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Which one.
    pub user_id: String,
    /// What kind of user that is; none once erased.
    pub user_type: Option<String>,
    /// The address, as it was given; none once erased.
    pub email: Option<String>,
    /// What they are called.
    pub display_name: Option<String>,
    /// When they registered; none once erased.
    pub registered_at: Option<OffsetDateTime>,
    /// The latest login that succeeded.
    pub last_login_at: Option<OffsetDateTime>,
    /// Logins that failed since one succeeded.
    pub failed_logins: i32,
    /// When the person was erased.
    pub erased_at: Option<OffsetDateTime>,
}

/// The user of an id, erased as they may be, with so many of their latest orders at most.
pub async fn user(
    connection: &mut PgConnection,
    user_id: &str,
    orders: i64,
) -> sqlx::Result<Option<(User, Vec<OrderSummary>)>> {
    let rows = sqlx::query_file!("queries/show_user.sql", user_id, orders).fetch_all(connection).await?;
    let user = rows.first().map(|row| User {
        user_id: row.user_id.clone(),
        user_type: row.user_type.clone(),
        email: row.email.clone(),
        display_name: row.display_name.clone(),
        registered_at: row.registered_at,
        last_login_at: row.last_login_at,
        failed_logins: row.failed_logins,
        erased_at: row.erased_at,
    });
    let Some(user) = user else { return Ok(None) };
    // A user without orders is one row without an order.
    let orders = rows.into_iter().filter_map(|row| {
        let (order_id, currency, total) = (row.order_id?, row.currency?, row.total?);
        let (payment_status, placed_at) = (row.payment_status?, row.placed_at?);
        let (settled, refunded) = (shop::sum(&row.settled?), shop::sum(&row.refunded?));
        let summary = |settled, refunded| OrderSummary {
            order_id,
            user_id: row.user_id,
            currency,
            total,
            settled,
            refunded,
            payment_status,
            placed_at,
        };
        Some(settled.and_then(|settled| Ok(summary(settled, refunded?))))
    });
    let orders = orders.collect::<sqlx::Result<Vec<OrderSummary>>>()?;
    Ok(Some((user, orders)))
}

/// Something that a user did to prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthEvent {
    /// Its number.
    pub auth_event_id: i64,
    /// The `source` of the event that told it.
    pub event_source: String,
    /// The `id` of that event.
    pub event_id: String,
    /// `login`, `logout` or `password_changed`.
    pub action: String,
    /// `success` or `failure`.
    pub status: String,
    /// The client's address, where it is known and the person was not erased.
    pub ip_address: Option<IpAddr>,
    /// The client's `User-Agent`, where it is known and the person was not erased.
    pub user_agent: Option<String>,
    /// When it happened, as the event says.
    pub occurred_at: OffsetDateTime,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
}

/// The place of an authentication event in the history of its user.
pub type AuthPlace = (OffsetDateTime, i64);

/// The latest of what a user did, those before a place where there is one, at most so many. None where there is no such user.
pub async fn auth_events(
    connection: &mut PgConnection,
    user_id: &str,
    before: Option<AuthPlace>,
    limit: i64,
) -> sqlx::Result<Option<Vec<AuthEvent>>> {
    let (before_time, before_id) = before.unzip();
    let rows = sqlx::query_file!(
        "queries/list_auth_events.sql",
        user_id,
        before_time as Option<OffsetDateTime>,
        before_id as Option<i64>,
        limit
    )
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    // A user who did nothing yet is one row without an event.
    let events = rows.into_iter().filter_map(|row| {
        Some(AuthEvent {
            auth_event_id: row.auth_event_id?,
            event_source: row.event_source?,
            event_id: row.event_id?,
            action: row.action?,
            status: row.status?,
            ip_address: row.ip_address.and_then(|address| address.parse().ok()),
            user_agent: row.user_agent,
            occurred_at: row.occurred_at?,
            recorded_at: row.recorded_at?,
        })
    });
    Ok(Some(events.collect()))
}
