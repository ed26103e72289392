//! Rates, medians, and how they are printed.

use std::time::Duration;

/// What one round measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Clicks a second.
    pub(crate) sink: f64,
    /// Rows a second.
    pub(crate) copy: f64,
}

impl Round {
    pub(crate) fn ratio(self) -> f64 {
        self.sink / self.copy
    }
}

/// So many in that time, a second.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 clicks")]
pub(crate) fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// The middle one, or the upper of the two in the middle.
pub(crate) fn median(rounds: &[Round], figure: impl Fn(Round) -> f64) -> f64 {
    middle(rounds.iter().copied().map(figure).collect())
}

pub(crate) fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn print_head() {
    println!("\n{:>8}{:>14}{:>14}{:>8}", "round", "sink rows/s", "COPY rows/s", "ratio");
}

pub(crate) fn print(name: &str, round: Round) {
    println!("{name:>8}{:>14.0}{:>14.0}{:>8.2}", round.sink, round.copy, round.ratio());
}

/// The median of each column, and the median ratio, which is not the ratio of the medians.
pub(crate) fn print_median(rounds: &[Round]) {
    let (sink, copy, ratio) =
        (median(rounds, |round| round.sink), median(rounds, |round| round.copy), median(rounds, Round::ratio));
    println!("{:>8}{sink:>14.0}{copy:>14.0}{ratio:>8.2}", "median");
}
