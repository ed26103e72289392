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
    /// Kafka did not give the last one, or did not take the new one.
    Unavailable,
}

impl Verified {
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
        tracing::info!(
            audit.chains = self.chains,
            audit.rows = self.rows,
            audit.broken = self.broken.len(),
            audit.checkpoint = ?self.checkpoint,
            "Audit log verified"
        );
        let unavailable = u64::from(self.checkpoint == Checkpointed::Unavailable);
        let figures = [
            Metric::count("audit_broken", u64::from(!self.broken.is_empty())),
            Metric::count("audit_checkpoints_unavailable", unavailable),
            Metric::count("audit_rows_verified", self.rows),
        ];
        metrics::write(now, &[("function", "audit-verify")], &figures);
    }
}
