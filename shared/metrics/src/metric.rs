use serde::Serialize;

/// As many values of a metric as CloudWatch takes in one line.
const MOST_VALUES: usize = 100;

/// A figure with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    pub(crate) name: &'static str,
    unit: Unit,
    #[serde(skip)]
    pub(crate) values: Values,
}

/// Units by CloudWatch's names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
enum Unit {
    Count,
    Seconds,
}

/// Finite numbers alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Values {
    None,
    One(f64),
    Each(Vec<f64>),
}

impl Metric {
    /// How many.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at, exact up to 2^53")]
    pub fn count(name: &'static str, value: u64) -> Self {
        Self { name, unit: Unit::Count, values: Values::One(value as f64) }
    }

    /// How long, or how old.
    #[must_use]
    pub fn seconds(name: &'static str, value: f64) -> Self {
        let values = if value.is_finite() { Values::One(value) } else { Values::None };
        Self { name, unit: Unit::Seconds, values }
    }

    /// How long each of several took. The first 100 count, which is what a line may hold.
    #[must_use]
    pub fn seconds_each(name: &'static str, values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).take(MOST_VALUES).collect();
        let values = if values.is_empty() { Values::None } else { Values::Each(values) };
        Self { name, unit: Unit::Seconds, values }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values == Values::None
    }
}
