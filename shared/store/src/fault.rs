use sqlx::Error;
use sqlx::error::DatabaseError;

/// Whose fault a failed statement is: the one place that decides what is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The data's: no later attempt will succeed, and others of its batch may.
    Data {
        /// The SQLSTATE.
        code: String,
        /// The foreign key that was violated, where it was one.
        foreign_key: Option<String>,
    },
    /// Nobody's: it passes. The statement may succeed on a new connection.
    Passing,
    /// Ours, or the server's: nothing may change until somebody has looked.
    Ours,
}

impl Fault {
    /// Whose fault the error is.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Database(error) => Self::of_server(&**error),
            Error::Io(_) | Error::PoolTimedOut | Error::WorkerCrashed => Self::Passing,
            _ => Self::Ours,
        }
    }

    fn of_server(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        match (code.get(..2).unwrap_or_default(), &*code) {
            // No partition takes the row: the only check violation that names no constraint.
            ("23", "23514") if error.constraint().is_none() => Self::Ours,
            ("23", "23503") => Self::data(&code, error.constraint()),
            ("21" | "22" | "23", _) | ("54", "54000") => Self::data(&code, None),
            // Memory is short: the same batch would need as much again.
            ("53", "53200") => Self::Ours,
            // Read-only: the server has become a standby, and a new connection finds the other one. And a transaction that took too long.
            ("08" | "53" | "58", _)
            | ("40", "40001" | "40P01")
            | ("55", "55P03")
            | ("57", "57014")
            | ("25", "25006" | "25P04") => Self::Passing,
            ("57", code) if code.starts_with("57P") => Self::Passing,
            _ => Self::Ours,
        }
    }

    fn data(code: &str, foreign_key: Option<&str>) -> Self {
        Self::Data { code: code.to_owned(), foreign_key: foreign_key.map(str::to_owned) }
    }
}
