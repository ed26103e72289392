//! One line for each step: a spinner or a bar while it goes on, what came of it afterwards.

use std::time::Duration;

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// A step that goes on. Dropped unfinished, it leaves nothing.
pub(crate) struct Step(ProgressBar);

impl Step {
    /// A step of unknown length.
    pub(crate) fn start(doing: &str) -> Self {
        let line = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}").expect("a template");
        let spinner = ProgressBar::new_spinner().with_style(line).with_message(doing.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(100));
        Self(spinner)
    }

    /// A step of so many parts.
    pub(crate) fn of(parts: usize, doing: &str) -> Self {
        let line =
            ProgressStyle::with_template("{spinner:.cyan} {msg} {bar:30.cyan/dim} {pos}/{len}").expect("a template");
        let bar = ProgressBar::new(parts as u64).with_style(line).with_message(doing.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// One part is done.
    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }

    /// Says what it waits for now.
    pub(crate) fn waits_for(&self, what: String) {
        self.0.set_message(what);
    }

    /// Leaves one line that says what came of it.
    pub(crate) fn done(self, what: &str) {
        drop(self);
        done(what);
    }

    /// Leaves one line that says what should have come of it, and whether it did.
    pub(crate) fn end(self, as_expected: bool, what: &str) {
        if as_expected { self.done(what) } else { self.failed(&format!("Not so: {what}")) }
    }

    /// Leaves one line that says what went wrong.
    #[expect(clippy::print_stdout, reason = "progress of a command-line tool")]
    pub(crate) fn failed(self, what: &str) {
        drop(self);
        println!("{} {what}", style("✗").red());
    }
}

/// One line about a step that took no time.
#[expect(clippy::print_stdout, reason = "progress of a command-line tool")]
pub(crate) fn done(what: &str) {
    println!("{} {what}", style("✓").green());
}

impl Drop for Step {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
