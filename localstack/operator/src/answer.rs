//! What a command has to say.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use serde::Serialize;

/// What goes to standard output, and whether it is what was asked for.
pub(crate) struct Answer {
    bytes: Vec<u8>,
    complete: bool,
}

impl Answer {
    /// Lines for a person.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let mut text: String = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Self::bytes(text.into_bytes())
    }

    /// Lines or paragraphs for a person, each with its line break or without.
    pub(crate) fn lines<T: AsRef<str>>(lines: &[T]) -> Self {
        Self::text(lines.iter().map(|line| line.as_ref().trim_end_matches('\n')).collect::<Vec<_>>().join("\n"))
    }

    /// Bytes as they are.
    pub(crate) fn bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, complete: true }
    }

    /// For programs.
    pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self::text(serde_json::to_string_pretty(value)?))
    }

    /// Not all of what was asked for could be done.
    pub(crate) fn incomplete_where(mut self, incomplete: bool) -> Self {
        self.complete &= !incomplete;
        self
    }

    /// Prints it.
    pub(crate) fn give(self) -> anyhow::Result<ExitCode> {
        let written = std::io::stdout().lock().write_all(&self.bytes);
        // Whoever reads it may have seen enough, as `head` does.
        written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })?;
        Ok(if self.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
