use std::io;

/// Why a template is not read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be opened, or is not text.
    #[error("{file}: cannot be read")]
    Read {
        /// Its path.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is not YAML, or says something that the local tools do not know.
    #[error("{file}:{line}: {property}: {reason}")]
    Refused {
        /// Its path.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The way to the property: `Resources.Redirect.Properties.Timeout`.
        property: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

/// A refusal, before the file's name is known.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub line: usize,
    pub property: String,
    pub reason: String,
}
