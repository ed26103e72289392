//! `audit_log`: what has to be on record, in chains of hashes. Rows are only ever added.

mod append;
mod canonical;
mod read;
mod verifications;

pub use append::append;
pub use canonical::hex;
pub use read::{chains, hashes, head, heads, page};
pub use verifications::{Verification, try_lock, unlock, verifications, write};

use time::OffsetDateTime;

/// Something that is to be on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The chain that it is added to: topic, a slash, partition.
    pub chain: String,
    /// The `source` attribute of the event.
    pub event_source: String,
    /// The `id` attribute of the event.
    pub event_id: String,
    /// The event's type; of a `system.audit`, what its `eventType` says.
    pub event_type: String,
    /// Whom it is about, or who did it.
    pub user_id: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub resource: String,
    /// How it ended.
    pub status: String,
    /// What else there is to say. No personal data: rows stay for ever.
    pub detail: Option<String>,
    /// Whether something newer had taken effect before.
    pub is_stale: bool,
    /// What the event belongs to.
    pub correlation_id: Option<String>,
    /// The event that caused it.
    pub causation_id: Option<String>,
    /// When it happened, as the event says.
    pub occurred_at: OffsetDateTime,
}

/// A place in a chain, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The place, from 1.
    pub seq: i64,
    /// The hash of its row.
    pub hash: Vec<u8>,
}

impl Place {
    /// Before the first row of a chain.
    #[must_use]
    pub fn start() -> Self {
        Self { seq: 0, hash: vec![0; 32] }
    }
}

/// A row, as it stands in the table: nothing in it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place in the chain.
    pub seq: i64,
    /// The hash of the row before, as this one has it.
    pub previous_hash: Vec<u8>,
    /// Its hash, as it stands there; empty where the row is unreadable.
    pub hash: Vec<u8>,
    /// When it was written.
    pub recorded_at: OffsetDateTime,
    /// What it says.
    pub entry: Entry,
}

impl Row {
    /// A row with a column that holds what is never written: nothing, or a time that no moment has. It says nothing, and no hash is its own.
    #[must_use]
    pub fn unreadable(chain: &str, seq: i64) -> Self {
        let entry = Entry {
            chain: chain.to_owned(),
            event_source: String::new(),
            event_id: String::new(),
            event_type: String::new(),
            user_id: String::new(),
            action: String::new(),
            resource: String::new(),
            status: String::new(),
            detail: None,
            is_stale: false,
            correlation_id: None,
            causation_id: None,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
        };
        Self { seq, previous_hash: Vec::new(), hash: Vec::new(), recorded_at: OffsetDateTime::UNIX_EPOCH, entry }
    }

    /// The hash that what it says would have as the next row after this one.
    #[must_use]
    pub fn hash_after(&self, before: &Place) -> [u8; 32] {
        canonical::hash(&self.entry, before.seq + 1, &before.hash, self.recorded_at)
    }

    /// The hash that what it says would have at this place, after the row that it names itself.
    #[must_use]
    pub fn hash_at(&self, seq: i64) -> [u8; 32] {
        canonical::hash(&self.entry, seq, &self.previous_hash, self.recorded_at)
    }
}
