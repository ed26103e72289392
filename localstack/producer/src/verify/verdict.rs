use serde::Serialize;

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Numbers beside each other.
    pub tables: Vec<Table>,
    /// What Kafka has and the database has not. It may still come.
    pub missing: Vec<String>,
    /// What the database has not and will not have, however long one waits: it was refused, given up, or is there no more.
    pub lost: Vec<String>,
    /// What is there more than once, counted more than once, or was never sent.
    pub doubled: Vec<String>,
    /// What is there with another content, and sums that are not those of their parts.
    pub unequal: Vec<String>,
    /// Consumers to whom something more may come that was sent before the comparison began.
    pub unread: Vec<Unread>,
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
    /// By the journal, at least.
    pub journal: i128,
    /// By the journal, at most: nobody knows how often some records have arrived.
    pub most: i128,
    /// By the database.
    pub database: i128,
}

/// A group that has not come as far as its topic went when the comparison began, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The group of a consumer.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// How many records are left to it, where that is known.
    pub left: u64,
    /// Why it is not known.
    pub error: Option<String>,
}

impl Table {
    pub(super) fn exact(what: String, journal: i128, database: i128) -> Self {
        Self { what, journal, most: journal, database }
    }

    /// Whether the database has what the journal says.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        (self.journal..=self.most).contains(&self.database)
    }
}

impl Verdict {
    /// Whether everything is there, once each, all totals are equal, and nothing is left that could change that.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.unread.is_empty() && self.is_only_late()
    }

    /// Whether nothing is wrong but what may still come.
    #[must_use]
    pub fn is_only_late(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.unequal.is_empty()
    }

    /// How much is waited for.
    #[must_use]
    pub fn awaited(&self) -> u64 {
        self.missing.len() as u64 + self.unread.iter().map(|unread| unread.left).sum::<u64>()
    }
}
