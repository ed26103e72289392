//! How far it has come, and how long it still takes.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many records. It draws nothing where standard error is no terminal.
pub(crate) fn bar(records: u64, doing: &'static str) -> ProgressBar {
    let line = "{spinner:.cyan} {msg} {bar:30.cyan/dim} {pos}/{len}  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(line).expect("a template");
    ProgressBar::new(records).with_style(style).with_message(doing)
}

/// A line that says what is waited for.
pub(crate) fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}").expect("a template");
    ProgressBar::new_spinner().with_style(style)
}
