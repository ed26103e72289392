use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

const NAMESPACE: &str = "Onceward";

/// A figure with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    name: &'static str,
    unit: Unit,
    value: f64,
}

/// Units by CloudWatch's names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
enum Unit {
    Count,
    Seconds,
}

impl Metric {
    /// How many.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at, exact up to 2^53")]
    pub fn count(name: &'static str, value: u64) -> Self {
        Self { name, unit: Unit::Count, value: value as f64 }
    }

    /// How long, or how old.
    #[must_use]
    pub fn seconds(name: &'static str, value: f64) -> Self {
        Self { name, unit: Unit::Seconds, value }
    }
}

/// The line, in CloudWatch's embedded metric format. What CloudWatch would refuse is left out: values that are no numbers, and
/// dimensions without a value. Nothing when no metric is left.
#[must_use]
pub fn line(time: OffsetDateTime, dimensions: &[(&str, &str)], metrics: &[Metric]) -> Option<String> {
    let dimensions = dimensions.iter().filter(|(_, value)| !value.is_empty());
    let metrics = metrics.iter().filter(|metric| metric.value.is_finite());
    let named: Vec<Value> = metrics.clone().map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
    if named.is_empty() {
        return None;
    }
    let keys: Vec<&str> = dimensions.clone().map(|(name, _)| *name).collect();
    let about = json!({
        "Timestamp": i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
        "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [keys], "Metrics": named }],
    });
    let mut fields = Map::from_iter([("_aws".to_owned(), about)]);
    fields.extend(dimensions.map(|(name, value)| ((*name).to_owned(), json!(value))));
    fields.extend(metrics.map(|metric| (metric.name.to_owned(), json!(metric.value))));
    Some(Value::Object(fields).to_string())
}

static STARTED: AtomicBool = AtomicBool::new(false);

/// Lets [`write`] write: only a function's standard output is read by CloudWatch, and a tool or a test has its own use for it.
pub fn start() {
    STARTED.store(true, Ordering::Relaxed);
}

/// Writes the [`line`] to standard output, once [`start`] was called.
pub fn write(time: OffsetDateTime, dimensions: &[(&str, &str)], metrics: &[Metric]) {
    if !STARTED.load(Ordering::Relaxed) {
        return;
    }
    if let Some(line) = line(time, dimensions, metrics) {
        // In one piece, so that no log line comes in between. Nobody is left to be told when standard output is closed.
        let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-21 12:00:00.25 UTC);

    fn read(line: Option<String>) -> Value {
        serde_json::from_str(&line.unwrap()).unwrap()
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let metrics = [Metric::count("batch_size_records", 200), Metric::seconds("batch_duration_seconds", 0.125)];
        let line = line(NOON, &[("consumer", "click-consumer"), ("outcome", "applied")], &metrics);
        assert!(!line.as_ref().unwrap().contains('\n'));
        let expected = json!({
            "_aws": {
                "Timestamp": 1_795_262_400_250_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Onceward",
                    "Dimensions": [["consumer", "outcome"]],
                    "Metrics": [
                        { "Name": "batch_size_records", "Unit": "Count" },
                        { "Name": "batch_duration_seconds", "Unit": "Seconds" },
                    ],
                }],
            },
            "consumer": "click-consumer",
            "outcome": "applied",
            "batch_size_records": 200.0,
            "batch_duration_seconds": 0.125,
        });
        assert_eq!(read(line), expected);
    }

    #[test]
    fn what_cloudwatch_would_refuse_the_whole_line_for_is_left_out() {
        let metrics = [Metric::seconds("event_age_seconds", f64::NAN), Metric::count("retries", 1)];
        let line = read(line(NOON, &[("consumer", ""), ("shard", "a\n\"b")], &metrics));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["shard"]]));
        assert_eq!(directive["Metrics"], json!([{ "Name": "retries", "Unit": "Count" }]));
        assert_eq!(line["shard"], "a\n\"b");
        assert!(line.get("consumer").is_none() && line.get("event_age_seconds").is_none());
    }

    #[test]
    fn nothing_is_written_about_nothing() {
        assert_eq!(line(NOON, &[("consumer", "click-consumer")], &[]), None);
        assert_eq!(line(NOON, &[], &[Metric::seconds("event_age_seconds", f64::INFINITY)]), None);
    }
}
