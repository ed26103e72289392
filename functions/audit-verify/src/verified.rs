use metrics::Metric;
use serde::Serialize;
use time::OffsetDateTime;

use crate::broken::Broken;

/// What an invocation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many chains there are.
    pub chains: usize,
    /// Rows that were verified.
    pub rows: u64,
    /// Chains that are broken.
    pub broken: Vec<BrokenChain>,
    /// Why checkpoints must have been removed, where they were.
    pub removed: Option<&'static str>,
    /// What became of the checkpoint.
    pub checkpoint: Checkpointed,
}

/// A broken chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenChain {
    /// Its name.
    pub chain: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub broken: Broken,
}

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Checkpointed {
    /// It was written.
    Published,
    /// No chain has grown since the last one.
    Unmoved,
    /// Kafka did not give the last one, or did not take the new one; or all were removed, and what there is has to be accepted.
    Unavailable,
    /// Another run is under way, and this one did nothing.
    AnotherRunIsUnderWay,
}

impl Verified {
    pub(crate) fn none(checkpoint: Checkpointed) -> Self {
        Self { chains: 0, rows: 0, broken: Vec::new(), removed: None, checkpoint }
    }

    /// Says it in the log, and as figures.
    pub(crate) fn report(&self, now: OffsetDateTime) {
        for BrokenChain { chain, broken } in &self.broken {
            tracing::error!(
                audit.chain = chain,
                audit.seq = broken.seq,
                audit.how = broken.how.name(),
                audit.what = broken.what,
                "The audit log is broken"
            );
        }
        if let Some(what) = self.removed {
            tracing::error!(audit.what = what, "Checkpoints of the audit log were removed");
        }
        if self.checkpoint == Checkpointed::AnotherRunIsUnderWay {
            tracing::warn!("Nothing verified: another run has the lock");
        } else {
            tracing::info!(
                audit.chains = self.chains,
                audit.rows = self.rows,
                audit.broken = self.broken.len(),
                audit.checkpoint = ?self.checkpoint,
                "Audit log verified"
            );
        }
        metrics::write(now, &[("function", "audit-verify")], &self.figures());
    }

    /// Whoever holds the lock for good would silence the verification: a run without it counts as one without a checkpoint.
    fn figures(&self) -> [Metric; 3] {
        let unavailable = matches!(self.checkpoint, Checkpointed::Unavailable | Checkpointed::AnotherRunIsUnderWay);
        [
            Metric::count("audit_broken", u64::from(!self.broken.is_empty() || self.removed.is_some())),
            Metric::count("audit_checkpoints_unavailable", unavailable.into()),
            Metric::count("audit_rows_verified", self.rows),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_vouches_for_nothing_shows_in_the_figures() {
        for (checkpoint, unavailable) in [
            (Checkpointed::Published, 0),
            (Checkpointed::Unmoved, 0),
            (Checkpointed::Unavailable, 1),
            (Checkpointed::AnotherRunIsUnderWay, 1),
        ] {
            let figures = Verified::none(checkpoint).figures();
            assert_eq!(figures[1], Metric::count("audit_checkpoints_unavailable", unavailable), "{checkpoint:?}");
        }
    }
}
