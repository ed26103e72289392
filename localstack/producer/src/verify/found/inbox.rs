use std::collections::BTreeMap;

use sqlx::{FromRow, PgConnection};

use crate::shop::SOURCE;
use crate::verify::Expected;

/// What the consumer of an event says of it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Seen {
    event_id: String,
    pub(crate) state: String,
    /// The kind and the id of the row without which it cannot take effect.
    pub(crate) awaits: Option<String>,
}

impl Seen {
    /// Whether its consumer has done with it what there was to do.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.state.as_str(), "applied" | "stale")
    }
}

/// What consumers say of the expected events, by id. Both of these consumers enter whatever they apply.
pub(super) async fn read(connection: &mut PgConnection, expected: &Expected) -> sqlx::Result<BTreeMap<String, Seen>> {
    let ids: Vec<&str> = expected.event_ids.iter().map(String::as_str).collect();
    let seen: Vec<Seen> = sqlx::query_as(
        "select inbox.event_id, inbox.state, parked.awaits_kind || ' ' || parked.awaits_id as awaits
         from unnest($2::text[]) as expected (event_id)
         join inbox on inbox.event_id = expected.event_id
         left join parked_events as parked
             on parked.consumer = inbox.consumer and parked.event_source = inbox.event_source and parked.event_id = inbox.event_id
         where inbox.consumer in ('event-fanout', 'order-consumer') and inbox.event_source = $1",
    )
    .bind(SOURCE)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(seen.into_iter().map(|seen| (seen.event_id.clone(), seen)).collect())
}

#[cfg(test)]
impl Seen {
    /// One that is in this state.
    pub(crate) fn of(state: &str, awaits: Option<&str>) -> Self {
        Self { event_id: "e".to_owned(), state: state.to_owned(), awaits: awaits.map(str::to_owned) }
    }
}
