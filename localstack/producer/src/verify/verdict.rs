use serde::Serialize;

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Numbers beside each other.
    pub tables: Vec<Table>,
    /// What Kafka has and the database has not.
    pub missing: Vec<String>,
    /// What is there more than once, counted more than once, or was never sent.
    pub doubled: Vec<String>,
    /// What is there with another content, and sums that are not those of their parts.
    pub unequal: Vec<String>,
    /// Events that were on their way when the producer ended, and are not there: Kafka may never have had them.
    pub uncertain: u64,
    /// Records that were sent twice.
    pub duplicates: u64,
}

/// A number of the journal beside that of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What is counted or added up.
    pub what: String,
    /// By the journal.
    pub journal: i128,
    /// By the database.
    pub database: i128,
}

impl Verdict {
    /// Whether everything is there, once each, and all totals are equal.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.is_only_late()
    }

    /// Whether nothing is wrong but that something is missing, which may still come.
    #[must_use]
    pub fn is_only_late(&self) -> bool {
        self.doubled.is_empty() && self.unequal.is_empty()
    }
}
