//! What a person at the terminal sees.

use std::process::ExitCode;

/// Says what failed, with its causes, and gives the exit code.
#[must_use]
pub fn report(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Prints one line of progress, apart from the result that goes to standard output.
#[expect(clippy::print_stderr, reason = "progress of a command-line tool")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Prints one line of a command's result.
#[expect(clippy::print_stdout, reason = "the result of a command-line tool")]
pub(crate) fn answer(line: &str) {
    println!("{line}");
}
