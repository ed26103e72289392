use store::parked_events::Entity;

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It took effect.
    Applied,
    /// It had taken effect before, or is known to wait or to be a dead letter.
    Duplicate,
    /// Something newer took effect before.
    Stale,
    /// It waits for a row, or behind another event.
    Parked(Option<Entity>),
    /// It can never take effect.
    DeadLettered { class: &'static str, reason: String },
}

impl Fate {
    /// As logs, counts and metrics say it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Parked(_) => "parked",
            Self::DeadLettered { .. } => "dead_lettered",
        }
    }
}
