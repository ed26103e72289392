#![doc = include_str!("../README.md")]

use std::collections::BTreeMap;

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// The content type of the text.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Upper bounds, in seconds, of the buckets in which durations are counted: those of `store::figures`, so that durations from the
/// database and from functions without one can be added up.
pub const DURATION_BOUNDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Metrics by name, each with its series.
#[derive(Debug, Default)]
pub struct Families(BTreeMap<String, MetricFamily>);

/// Names and values of labels.
pub type Labels<'a> = [(&'a str, &'a str)];

impl Families {
    /// What only grows; its name ends in `_total`.
    #[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers: exact up to 2^53")]
    pub fn counter(&mut self, name: &str, help: &str, labels: &Labels<'_>, value: u64) {
        let mut counter = Counter::default();
        counter.set_value(value as f64);
        let mut metric = Metric::default();
        metric.set_counter(counter);
        self.add(name, help, MetricType::COUNTER, labels, metric);
    }

    /// What is so now.
    pub fn gauge(&mut self, name: &str, help: &str, labels: &Labels<'_>, value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::default();
        metric.set_gauge(gauge);
        self.add(name, help, MetricType::GAUGE, labels, metric);
    }

    /// How many observations are at most as large as each bound, and behind the bound before it; the last count is of those that are
    /// larger than all bounds. What is missing of the counts is none.
    pub fn histogram(&mut self, name: &str, help: &str, labels: &Labels<'_>, bounds: &[f64], counts: &[u64], sum: f64) {
        let mut seen = 0;
        let mut buckets = Vec::with_capacity(bounds.len());
        for (place, bound) in bounds.iter().enumerate() {
            seen += counts.get(place).copied().unwrap_or(0);
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(seen);
            buckets.push(bucket);
        }
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(seen + counts.iter().skip(bounds.len()).sum::<u64>());
        histogram.set_sample_sum(sum);
        let mut metric = Metric::default();
        metric.set_histogram(histogram);
        self.add(name, help, MetricType::HISTOGRAM, labels, metric);
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, labels: &Labels<'_>, mut metric: Metric) {
        let pair = |(name, value): &(&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        metric.set_label(labels.iter().map(pair).collect());
        let family = self.0.entry(name.to_owned()).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(name.to_owned());
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        family.mut_metric().push(metric);
    }

    /// The names of all metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The text, metrics in the order of their names.
    ///
    /// # Panics
    /// A metric has no valid name, which is a mistake in this program.
    #[must_use]
    pub fn text(self) -> String {
        let families: Vec<MetricFamily> = self.0.into_values().collect();
        TextEncoder::new().encode_to_string(&families).expect("each metric has a name and a series")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_help_and_type_once_and_a_line_for_each_series() {
        let mut families = Families::default();
        families.counter("b_total", "How many", &[("kind", "one")], 1);
        families.gauge("a", "How much", &[], 0.5);
        families.counter("b_total", "How many", &[("kind", "two \"quoted\"\n\\")], 2);
        let expected = "# HELP a How much\n# TYPE a gauge\na 0.5\n# HELP b_total How many\n# TYPE b_total counter\n\
                        b_total{kind=\"one\"} 1\nb_total{kind=\"two \\\"quoted\\\"\\n\\\\\"} 2\n";
        assert_eq!(families.names().collect::<Vec<_>>(), ["a", "b_total"]);
        assert_eq!(families.text(), expected);
    }

    #[test]
    fn the_buckets_of_a_histogram_are_cumulative_and_what_is_larger_than_all_counts_too() {
        let mut families = Families::default();
        families.histogram("t_seconds", "How long", &[], &[0.1, 1.0], &[3, 0, 2], 12.5);
        families.histogram("t_seconds", "How long", &[("of", "nothing")], &[0.1, 1.0], &[], 0.0);
        let expected = "# HELP t_seconds How long\n# TYPE t_seconds histogram\n\
                        t_seconds_bucket{le=\"0.1\"} 3\nt_seconds_bucket{le=\"1\"} 3\nt_seconds_bucket{le=\"+Inf\"} 5\n\
                        t_seconds_sum 12.5\nt_seconds_count 5\n\
                        t_seconds_bucket{of=\"nothing\",le=\"0.1\"} 0\nt_seconds_bucket{of=\"nothing\",le=\"1\"} 0\n\
                        t_seconds_bucket{of=\"nothing\",le=\"+Inf\"} 0\nt_seconds_sum{of=\"nothing\"} 0\nt_seconds_count{of=\"nothing\"} 0\n";
        assert_eq!(families.text(), expected);
    }

    #[test]
    fn durations_are_counted_by_the_same_bounds_wherever_they_come_from() {
        assert!(DURATION_BOUNDS.iter().eq(&store::figures::DURATION_BOUNDS));
    }

    #[test]
    fn of_nothing_there_is_no_text() {
        assert_eq!(Families::default().text(), "");
    }
}
