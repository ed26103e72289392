use serde::Serialize;

/// In which way a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A row does not say what it once said, or was never written by event-fanout.
    Edited,
    /// A row is missing between others.
    Removed,
    /// Two rows changed places.
    Swapped,
    /// Rows at the end are missing, or nothing says any more where the end was.
    CutOff,
}

impl How {
    /// As `audit_verifications` says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Removed => "removed",
            Self::Swapped => "swapped",
            Self::CutOff => "cut_off",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Edited, Self::Removed, Self::Swapped, Self::CutOff].into_iter().find(|how| how.name() == name)
    }
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The first row that does not hold; where rows were rewritten together with their hashes, the first that nothing vouches for.
    pub seq: i64,
    /// In which way.
    pub how: How,
    /// What can be said of it, as a sentence.
    pub what: String,
}

impl Broken {
    pub(crate) fn new(seq: i64, how: How, what: impl Into<String>) -> Self {
        Self { seq, how, what: what.into() }
    }
}
