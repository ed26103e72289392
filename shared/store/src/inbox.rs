//! `inbox`: which events a consumer has seen.

use std::collections::HashSet;

use sqlx::PgConnection;
use time::OffsetDateTime;

/// What became of an event, for one consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It took effect.
    Applied,
    /// Something newer had taken effect already.
    Stale,
    /// It waits in `parked_events`.
    Parked,
    /// It is in `dead_letters`.
    DeadLettered,
}

impl State {
    /// As the table says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Stale => "stale",
            Self::Parked => "parked",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

/// An event that was received, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt<'a> {
    /// Who made the event.
    pub source: &'a str,
    /// Which of its events it is.
    pub event_id: &'a str,
    /// Where it was received.
    pub topic: &'a str,
    /// Where it was received.
    pub partition: i32,
    /// Where it was received.
    pub offset: i64,
}

/// Enters events that have no row yet, in this state, and says which of them (source and id) had none. Another transaction that
/// enters one of them at the same moment is waited for. No two of the receipts may be of one event.
pub async fn claim(
    connection: &mut PgConnection,
    consumer: &str,
    receipts: &[Receipt<'_>],
    state: State,
    now: OffsetDateTime,
) -> sqlx::Result<HashSet<(String, String)>> {
    // In key order: of two transactions with the same events each would otherwise hold one that the other waits for.
    let mut receipts: Vec<&Receipt<'_>> = receipts.iter().collect();
    receipts.sort();
    let entered = sqlx::query!(
        "insert into inbox (consumer, state, received_at, event_source, event_id, topic, partition, record_offset)
         select $1, $2, $3, * from unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[])
         on conflict on constraint inbox_pkey do nothing
         returning event_source, event_id",
        consumer,
        state.name(),
        now,
        &receipts.iter().map(|receipt| receipt.source).collect::<Vec<_>>() as &[&str],
        &receipts.iter().map(|receipt| receipt.event_id).collect::<Vec<_>>() as &[&str],
        &receipts.iter().map(|receipt| receipt.topic).collect::<Vec<_>>() as &[&str],
        &receipts.iter().map(|receipt| receipt.partition).collect::<Vec<_>>(),
        &receipts.iter().map(|receipt| receipt.offset).collect::<Vec<_>>(),
    )
    .fetch_all(connection)
    .await?;
    Ok(entered.into_iter().map(|row| (row.event_source, row.event_id)).collect())
}

/// Says what became of events (source and id) that have a row.
pub async fn set_states(
    connection: &mut PgConnection,
    consumer: &str,
    events: &[(&str, &str, State)],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set state = become.state
         from unnest($2::text[], $3::text[], $4::text[]) as become (event_source, event_id, state)
         where consumer = $1 and inbox.event_source = become.event_source and inbox.event_id = become.event_id",
        consumer,
        &events.iter().map(|(source, ..)| *source).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|(_, event_id, _)| *event_id).collect::<Vec<_>>() as &[&str],
        &events.iter().map(|(.., state)| state.name()).collect::<Vec<_>>() as &[&str],
    )
    .execute(connection)
    .await
    .map(drop)
}
