//! What a person at the terminal sees while something takes its time.

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
