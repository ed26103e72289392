use events::intake::Accepted;
use serde::Serialize;
use utoipa::ToSchema;

/// Events that were taken: Kafka has them all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// The ids of the events, in the order in which they were sent.
    ids: Vec<String>,
}

impl Taken {
    pub(crate) fn of(events: &[Accepted]) -> Self {
        Self { ids: events.iter().map(|accepted| accepted.event.id.to_string()).collect() }
    }
}
