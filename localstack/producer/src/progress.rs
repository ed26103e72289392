//! How far it has come, and how long it still takes.

use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use crate::News;

/// So often a line is drawn anew, whether or not anything happens.
const TICK: Duration = Duration::from_millis(100);

/// How far records have come that are being sent.
pub(crate) struct Sending {
    bar: ProgressBar,
    is_silent: bool,
}

impl Sending {
    /// A bar of so many records. Where standard error is no terminal, it draws nothing.
    pub(crate) fn start(records: u64, doing: &'static str) -> Self {
        let bar = ProgressBar::new(records).with_style(style_of_sending()).with_prefix(doing);
        bar.enable_steady_tick(TICK);
        Self { bar, is_silent: false }
    }

    /// Draws what is heard. Where nothing is drawn, a silence is a line when it begins, and one when it ends.
    pub(crate) fn hear(&mut self, news: News<'_>) {
        match news {
            News::Done(done) => {
                // Duplicates and rubbish come on top of what was planned.
                self.bar.set_length(self.bar.length().unwrap_or(done).max(done));
                self.bar.set_position(done);
            }
            News::Silence { whom, left, why } => {
                let line = format!("{whom} does not answer; trying for {} s more: {why}", left.as_secs());
                if self.bar.is_hidden() && !self.is_silent {
                    note(&line);
                }
                self.is_silent = true;
                self.bar.set_style(style("{spinner:.cyan} {wide_msg}"));
                self.bar.set_message(line);
            }
            News::Answers { whom } => {
                if self.bar.is_hidden() {
                    note(&format!("{whom} answers again"));
                }
                self.is_silent = false;
                self.bar.set_style(style_of_sending());
            }
        }
    }

    /// The bar, for lines that go above it.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Takes it away.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// A line that says what is waited for.
pub(crate) fn spinner() -> ProgressBar {
    ProgressBar::new_spinner().with_style(style("{spinner:.cyan} {msg} {elapsed:.dim}"))
}

fn style_of_sending() -> ProgressStyle {
    style("{spinner:.cyan} {prefix} {bar:30.cyan/dim} {pos}/{len}  {per_sec}  {eta} left")
}

fn style(line: &str) -> ProgressStyle {
    ProgressStyle::with_template(line).expect("a template")
}

fn note(line: &str) {
    // Who closed standard error does not want to know.
    Term::stderr().write_line(line).ok();
}
