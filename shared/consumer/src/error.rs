use store::Fault;
use store::consumer_failures::Reason;

/// Why an invocation failed. Nothing has changed, and the batch is to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The database could not be asked, or refused what is not the data's fault.
    #[error("the batch was not applied")]
    Database(#[from] store::Error),
    /// Too much of the batch would have become dead letters.
    #[error(
        "the circuit breaker is open: at least {dead_lettered} of {records} records would become dead letters; look at the error \
         lines before this one, and repair the cause, or let them through with a higher BREAKER_MAX_COUNT or BREAKER_MAX_SHARE"
    )]
    Breaker {
        /// New dead letters until then.
        dead_lettered: usize,
        /// Records of the batch.
        records: usize,
    },
    /// The database refuses so many records of a batch that looking for all of them takes too long.
    #[error(
        "the database refuses many of {records} records, and looking for them took too long ({culprits} were found): look at its \
         log, and repair the cause, or give the function more time"
    )]
    Culprits {
        /// Those that were found.
        culprits: usize,
        /// Records of the batch.
        records: usize,
    },
    /// A consumer did not say of every row what became of it.
    #[error("the consumer gave {effects} effects for {rows} rows")]
    Effects {
        /// What it was given.
        rows: usize,
        /// What it gave back.
        effects: usize,
    },
}

impl ProcessError {
    /// Whether another attempt may succeed where this one did not.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Database(error) if Fault::of(error) == Fault::Passing)
    }

    /// The kind of it, for those who count.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Breaker { .. } => Reason::Breaker,
            Self::Culprits { .. } => Reason::Culprits,
            Self::Database(_) if self.passes() => Reason::Database,
            Self::Database(_) | Self::Effects { .. } => Reason::Mistake,
        }
    }
}
