use std::sync::OnceLock;

use serde::ser::{Serialize, SerializeMap, Serializer};
use time::OffsetDateTime;

use crate::Metric;

const NAMESPACE: &str = "Onceward";

/// Figures that are told apart by the same dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// What tells them apart, each with its value. One that other groups of the line have as well has the same value there.
    pub dimensions: &'a [(&'a str, &'a str)],
    /// The figures; no two of a line have one name.
    pub metrics: &'a [Metric],
}

/// The line, in CloudWatch's embedded metric format. What CloudWatch would refuse is left out: values that are no numbers, and
/// dimensions without a value. Nothing when no metric is left.
#[must_use]
pub fn line(time: OffsetDateTime, groups: &[Group<'_>]) -> Option<String> {
    let groups: Vec<Kept<'_>> = groups.iter().map(Kept::of).filter(|group| !group.metrics.is_empty()).collect();
    let timestamp = i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    let line = Line { about: About { timestamp, directives: &groups }, groups: &groups };
    (!groups.is_empty()).then(|| serde_json::to_string(&line).expect("a line has text keys, and finite numbers"))
}

/// A group without what CloudWatch would refuse.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Kept<'a> {
    namespace: &'static str,
    #[serde(serialize_with = "names")]
    dimensions: Vec<(&'a str, &'a str)>,
    metrics: Vec<&'a Metric>,
}

impl<'a> Kept<'a> {
    fn of(group: &Group<'a>) -> Self {
        Self {
            namespace: NAMESPACE,
            dimensions: group.dimensions.iter().copied().filter(|(_, value)| !value.is_empty()).collect(),
            metrics: group.metrics.iter().filter(|metric| !metric.is_empty()).collect(),
        }
    }
}

/// A list of one set of names: CloudWatch takes several.
fn names<S: Serializer>(dimensions: &Vec<(&str, &str)>, serializer: S) -> Result<S::Ok, S::Error> {
    [dimensions.iter().map(|(name, _)| *name).collect::<Vec<&str>>()].serialize(serializer)
}

#[derive(serde::Serialize)]
struct About<'a> {
    #[serde(rename = "Timestamp")]
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: &'a [Kept<'a>],
}

/// `_aws` comes first: so whoever reads the output tells such lines from others.
struct Line<'a> {
    about: About<'a>,
    groups: &'a [Kept<'a>],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("_aws", &self.about)?;
        for (place, group) in self.groups.iter().enumerate() {
            let is_new = |name: &str| self.groups[..place].iter().all(|other| !other.has(name));
            for (name, value) in group.dimensions.iter().filter(|(name, _)| is_new(name)) {
                fields.serialize_entry(name, value)?;
            }
            for metric in &group.metrics {
                fields.serialize_entry(metric.name, &metric.values)?;
            }
        }
        fields.end()
    }
}

impl Kept<'_> {
    fn has(&self, dimension: &str) -> bool {
        self.dimensions.iter().any(|(name, _)| *name == dimension)
    }
}

type Write = dyn Fn(&[u8]) + Send + Sync;

static OUTPUT: OnceLock<Box<Write>> = OnceLock::new();

/// Says where lines go; until then there are none: only a function's standard output is read by CloudWatch, and a tool or a test has
/// its own use for it. Gets each line in one piece, with its end, so that no other comes in between. The first call counts.
pub fn start(write: impl Fn(&[u8]) + Send + Sync + 'static) {
    OUTPUT.set(Box::new(write)).ok();
}

/// Writes the [`line`] of figures that one set of dimensions tells apart, once [`start`] was called.
pub fn write(time: OffsetDateTime, dimensions: &[(&str, &str)], metrics: &[Metric]) {
    write_groups(time, &[Group { dimensions, metrics }]);
}

/// Writes the [`line`] of several groups, once [`start`] was called.
pub fn write_groups(time: OffsetDateTime, groups: &[Group<'_>]) {
    let Some(output) = OUTPUT.get() else { return };
    if let Some(mut line) = line(time, groups) {
        line.push('\n');
        output(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-21 12:00:00.25 UTC);

    fn read(dimensions: &[(&str, &str)], metrics: &[Metric]) -> Value {
        serde_json::from_str(&line(NOON, &[Group { dimensions, metrics }]).unwrap()).unwrap()
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let metrics = [Metric::count("batch_size_records", 200), Metric::seconds("batch_duration_seconds", 0.125)];
        let line = read(&[("consumer", "click-consumer"), ("outcome", "applied")], &metrics);
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
        assert_eq!(line, expected);
    }

    #[test]
    fn several_groups_are_one_line_in_which_each_name_stands_once() {
        let function = ("function", "redirect");
        let requests = [Metric::count("http_requests", 1)];
        let durations = [Metric::seconds("http_request_duration_seconds", 0.5)];
        let groups = [
            Group { dimensions: &[function, ("status", "302")], metrics: &requests },
            Group { dimensions: &[function], metrics: &durations },
            Group { dimensions: &[("left", "out")], metrics: &[] },
        ];
        let line = line(NOON, &groups).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"_aws":{"Timestamp":1795262400250,"CloudWatchMetrics":["#,
                r#"{"Namespace":"Onceward","Dimensions":[["function","status"]],"Metrics":[{"Name":"http_requests","Unit":"Count"}]},"#,
                r#"{"Namespace":"Onceward","Dimensions":[["function"]],"Metrics":[{"Name":"http_request_duration_seconds","Unit":"Seconds"}]}]},"#,
                r#""function":"redirect","status":"302","http_requests":1.0,"http_request_duration_seconds":0.5}"#
            )
        );
    }

    #[test]
    fn what_cloudwatch_would_refuse_the_whole_line_for_is_left_out() {
        let metrics = [Metric::seconds("event_age_seconds", f64::NAN), Metric::count("retries", 1)];
        let line = read(&[("consumer", ""), ("shard", "a\n\"b")], &metrics);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["shard"]]));
        assert_eq!(directive["Metrics"], json!([{ "Name": "retries", "Unit": "Count" }]));
        assert_eq!(line["shard"], "a\n\"b");
        assert!(line.get("consumer").is_none() && line.get("event_age_seconds").is_none());
    }

    #[test]
    fn of_several_values_the_first_hundred_numbers_count() {
        let values = (0..200).map(|value| if value == 1 { f64::NAN } else { f64::from(value) });
        let line = read(&[], &[Metric::seconds_each("database_operation_seconds", values)]);
        let read: Vec<f64> = serde_json::from_value(line["database_operation_seconds"].clone()).unwrap();
        assert_eq!((read.len(), read[0], read[1], read[99]), (100, 0.0, 2.0, 100.0));
    }

    #[test]
    fn nothing_is_written_about_nothing() {
        let line = |dimensions, metrics: &[Metric]| line(NOON, &[Group { dimensions, metrics }]);
        assert_eq!(line(&[("consumer", "click-consumer")], &[]), None);
        assert_eq!(line(&[], &[Metric::seconds("event_age_seconds", f64::INFINITY)]), None);
        assert_eq!(line(&[], &[Metric::seconds_each("database_operation_seconds", [])]), None);
    }
}
