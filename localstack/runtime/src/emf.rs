//! Figures out of the lines that functions write for CloudWatch (embedded metric format).

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::series::Labels;

/// How such a line begins.
const BEGINNING: &str = "{\"_aws\"";

/// Gauges of the database, which `read-api` reads where they are.
const ELSEWHERE: &[&str] = &["outbox_pending", "outbox_oldest_pending_age_seconds"];

/// What a function says of itself. Its name is one of Prometheus.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) figure: Figure,
}

/// A figure by its unit.
#[derive(Debug, PartialEq)]
pub(crate) enum Figure {
    /// To be added to what was counted before.
    Count(f64),
    /// Durations.
    Seconds(Vec<f64>),
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_aws")]
    about: About,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: String,
    unit: Option<String>,
}

/// The figures of a line; none where it is another line, or is not by function, or of a consumer, whose figures are exact in the
/// database.
pub(crate) fn read(line: &str) -> Vec<Told> {
    if !line.starts_with(BEGINNING) {
        return Vec::new();
    }
    let Ok(Line { about, fields }) = serde_json::from_str(line) else { return Vec::new() };
    about.cloud_watch_metrics.iter().flat_map(|directive| told(directive, &fields)).collect()
}

fn told(directive: &Directive, fields: &Map<String, Value>) -> Vec<Told> {
    // A figure under several sets of dimensions is one figure: the largest set says most of it.
    let Some(dimensions) = directive.dimensions.iter().max_by_key(|set| set.len()) else { return Vec::new() };
    let labels: Labels = dimensions.iter().filter_map(|name| label(name, fields)).collect();
    if !labels.contains_key("function") || labels.contains_key("consumer") {
        return Vec::new();
    }
    let metrics = directive.metrics.iter().filter(|metric| !ELSEWHERE.contains(&metric.name.as_str()));
    metrics.filter_map(|metric| figure(metric, &labels, fields)).collect()
}

fn label(name: &str, fields: &Map<String, Value>) -> Option<(String, String)> {
    const LONGEST: usize = 200;
    let value = fields.get(name)?.as_str()?;
    (is_name(name) && name != "le" && value.len() <= LONGEST).then(|| (name.to_owned(), value.to_owned()))
}

fn figure(metric: &Metric, labels: &Labels, fields: &Map<String, Value>) -> Option<Told> {
    // The host's own figures are called so.
    if !is_name(&metric.name) || metric.name.starts_with("lambda_") {
        return None;
    }
    let values = values(fields.get(&metric.name)?)?;
    let (name, figure) = match metric.unit.as_deref()? {
        "Count" => (format!("{}_total", metric.name), Figure::Count(values.iter().sum())),
        "Seconds" => (metric.name.clone(), Figure::Seconds(values)),
        _ => return None,
    };
    Some(Told { name, labels: labels.clone(), figure })
}

/// One number or many, none below zero.
fn values(value: &Value) -> Option<Vec<f64>> {
    let one = std::slice::from_ref(value);
    let numbers: Option<Vec<f64>> = value.as_array().map_or(one, Vec::as_slice).iter().map(Value::as_f64).collect();
    numbers.filter(|numbers| numbers.iter().all(|number| *number >= 0.0))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(dimensions: &Value, metrics: &[(&str, &str)], fields: &Value) -> String {
        let metrics: Vec<Value> = metrics.iter().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
        let directive = json!({ "Namespace": "Onceward", "Dimensions": dimensions, "Metrics": metrics });
        let about = json!({ "Timestamp": 1, "CloudWatchMetrics": [directive] });
        format!("{BEGINNING}:{about},{}", fields.to_string().trim_start_matches('{'))
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn counts_and_durations_one_or_many_are_read_with_their_dimensions() {
        let line = line(
            &json!([["function", "status"]]),
            &[("http_requests", "Count"), ("http_request_duration_seconds", "Seconds")],
            &json!({ "function": "redirect", "status": "302", "http_requests": 2.0, "http_request_duration_seconds": [0.5, 0.25] }),
        );
        let labels = labels(&[("function", "redirect"), ("status", "302")]);
        let expected = [
            Told { name: "http_requests_total".into(), labels: labels.clone(), figure: Figure::Count(2.0) },
            Told { name: "http_request_duration_seconds".into(), labels, figure: Figure::Seconds(vec![0.5, 0.25]) },
        ];
        assert_eq!(read(&line), expected);
    }

    #[test]
    fn of_several_sets_of_dimensions_a_figure_counts_once() {
        let sets = json!([["function"], ["function", "status"]]);
        let line = line(&sets, &[("a", "Count")], &json!({ "function": "f", "status": "1", "a": 1 }));
        let expected = labels(&[("function", "f"), ("status", "1")]);
        assert_eq!(read(&line).iter().map(|told| &told.labels).collect::<Vec<_>>(), [&expected]);
    }

    #[test]
    fn what_the_database_knows_better_is_left_out() {
        let of = |dimensions: Value| {
            line(&dimensions, &[("a", "Count")], &json!({ "function": "f", "consumer": "c", "topic": "t", "a": 1 }))
        };
        assert_eq!(read(&of(json!([["consumer"]]))), []);
        assert_eq!(read(&of(json!([["function", "consumer"]]))), []);
        assert_eq!(read(&of(json!([["topic"]]))), []);
        assert_eq!(read(&of(json!([]))), []);
        let outbox = [("outbox_pending", "Count"), ("outbox_oldest_pending_age_seconds", "Seconds"), ("b", "Count")];
        let fields = json!({ "function": "f", "outbox_pending": 1, "outbox_oldest_pending_age_seconds": 1, "b": 1 });
        let names: Vec<String> =
            read(&line(&json!([["function"]]), &outbox, &fields)).into_iter().map(|told| told.name).collect();
        assert_eq!(names, ["b_total"]);
    }

    #[test]
    fn what_would_spoil_the_text_is_left_out() {
        let dimensions = json!([["function", "le", "no name", "number"]]);
        let fields = json!({
            "function": "f", "le": "1", "no name": "x", "number": 1,
            "a b": 1, "1a": 1, "": 1, "text": "1", "some": [1, "1"], "less": -1, "other": 1, "lambda_x": 1, "fine": 1,
        });
        let metrics = [
            ("a b", "Count"),
            ("1a", "Count"),
            ("", "Count"),
            ("text", "Count"),
            ("some", "Seconds"),
            ("less", "Count"),
            ("other", "Bytes"),
            ("missing", "Count"),
            ("lambda_x", "Count"),
            ("fine", "Count"),
        ];
        let expected =
            [Told { name: "fine_total".into(), labels: labels(&[("function", "f")]), figure: Figure::Count(1.0) }];
        assert_eq!(read(&line(&dimensions, &metrics, &fields)), expected);
        for other in
            ["{\"_aws\"", "{\"_aws\":{}}", "{\"_aws\":{\"CloudWatchMetrics\":[{}]}}", "{\"level\":\"INFO\"}", ""]
        {
            assert_eq!(read(other), [], "{other}");
        }
    }
}
