//! Rates, medians, and rounds of the click sink.

use std::time::Duration;

use crate::results::{Results, Table, number};

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

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The middle one, or the upper of the two in the middle.
pub(crate) fn median(rounds: &[Round], figure: impl Fn(Round) -> f64) -> f64 {
    middle(rounds.iter().copied().map(figure).collect())
}

pub(crate) fn middle(figures: Vec<f64>) -> f64 {
    Sorted::new(figures).of(0.5)
}

/// Figures in their order.
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    pub(crate) fn new(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        Self(figures)
    }

    /// The one below which that share lies; the longest for 1.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among some thousands"
    )]
    pub(crate) fn of(&self, share: f64) -> f64 {
        let place = (self.0.len() as f64 * share) as usize;
        self.0.get(place.min(self.0.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Shows rounds as they come, and in the end their medians.
pub(crate) struct Rounds(Table, Vec<Round>);

impl Rounds {
    pub(crate) fn begin(results: &mut Results) -> Self {
        let table = Table::new(&["round", "sink clicks/s", "COPY rows/s", "ratio"]);
        results.table(&table);
        Self(table, Vec::new())
    }

    pub(crate) fn add(&mut self, results: &mut Results, round: Round) {
        self.1.push(round);
        self.row(results, &self.1.len().to_string(), [round.sink, round.copy, round.ratio()]);
    }

    /// The median of each column, and the median ratio, which is not the ratio of the medians.
    pub(crate) fn end(self, results: &mut Results) -> Round {
        let sink = median(&self.1, |round| round.sink);
        let ratio = median(&self.1, Round::ratio);
        self.row(results, "median", [sink, median(&self.1, |round| round.copy), ratio]);
        Round { sink, copy: sink / ratio }
    }

    fn row(&self, results: &mut Results, name: &str, figures: [f64; 3]) {
        let cells: Vec<String> = std::iter::once(name.to_owned()).chain(figures.map(number)).collect();
        results.row(&self.0, &cells);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_order_and_the_whole_is_the_longest() {
        let sorted = Sorted::new(vec![4.0, 1.0, 3.0, 2.0]);
        let shares = [0.0, 0.25, 0.5, 0.99, 1.0].map(|share| sorted.of(share).to_string());
        assert_eq!(shares, ["1", "2", "3", "4", "4"]);
        assert!(Sorted::new(Vec::new()).of(0.5).is_nan());
    }
}
