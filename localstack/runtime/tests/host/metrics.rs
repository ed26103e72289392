//! `GET /_runtime/metrics`, read by a parser that is not ours.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Host, eventually, function, route};
use prometheus_parse::{Scrape, Value};
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use template::Function;

const LONG: Duration = Duration::from_mins(1);

struct Seen(Scrape);

impl Seen {
    async fn of(host: &Host) -> Self {
        let answer = host.client.get(host.url("/_runtime/metrics")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; version=0.0.4");
        let text = answer.text().await.unwrap();
        Self(Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap())
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Value> {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        let sample = self.0.samples.iter().find(|sample| {
            let own: BTreeMap<&str, &str> = sample.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            sample.metric == name && own == labels
        })?;
        Some(&sample.value)
    }

    fn number(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.value(name, labels)? {
            Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => Some(*number),
            _ => None,
        }
    }

    /// How many of a histogram are at most this long, and how many there are.
    fn within(&self, name: &str, labels: &[(&str, &str)], seconds: f64) -> Option<(f64, f64)> {
        let Value::Histogram(buckets) = self.value(name, labels)? else { return None };
        let count = |bound: f64| {
            buckets.iter().find(|bucket| bucket.less_than.total_cmp(&bound).is_eq()).map(|bucket| bucket.count)
        };
        Some((count(seconds)?, count(f64::INFINITY)?))
    }
}

/// A line as functions write it for CloudWatch.
fn line(dimensions: &[&str], metrics: &[(&str, &str)], mut fields: serde_json::Value) -> String {
    let metrics: Vec<_> = metrics.iter().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
    let directive = json!({ "Namespace": "Onceward", "Dimensions": [dimensions], "Metrics": metrics });
    let about = json!({ "Timestamp": 1, "CloudWatchMetrics": [directive] });
    let fields = fields.as_object_mut().unwrap();
    format!("{{\"_aws\":{about},{}", json!(fields).to_string().trim_start_matches('{'))
}

#[tokio::test]
async fn invocations_are_counted_as_they_were_made_by_function_and_errors_by_type() {
    let short = Duration::from_secs(1);
    let functions =
        vec![function("one", short), Function { memory_mb: 128, ..function("two", LONG) }, function("none", LONG)];
    let host = Host::start(functions).await;
    for _ in 0..5 {
        host.answer("one", json!({})).await;
    }
    for wrong in ["fail", "fail", "exit", "hang"] {
        host.error("one", json!({ "do": wrong })).await;
    }
    host.answer("two", json!({ "do": "sleep", "ms": 300 })).await;
    host.error("two", json!({ "do": "hold", "bytes": 160 << 20, "ms": 30_000 })).await;

    let seen = Seen::of(&host).await;
    for (function, count) in [("one", 9.0), ("two", 2.0), ("none", 0.0)] {
        assert_eq!(seen.number("lambda_invocations_total", &[("function", function)]), Some(count), "{function}");
    }
    for (function, kind, count) in [
        ("one", "Probe", Some(2.0)),
        ("one", "Runtime.ExitError", Some(1.0)),
        ("one", "Sandbox.Timedout", Some(1.0)),
        ("two", "Runtime.ExitError", Some(1.0)),
        ("two", "Probe", None),
    ] {
        let labels = [("function", function), ("type", kind)];
        assert_eq!(seen.number("lambda_errors_total", &labels), count, "{function} {kind}");
    }
    assert_eq!(seen.within("lambda_init_duration_seconds", &[("function", "one")], 30.0), Some((2.0, 2.0)));
    // What hangs takes a second, what sleeps 0.3 s, and the machine may be slow.
    let (within, all) = seen.within("lambda_duration_seconds", &[("function", "one")], 1.0).unwrap();
    assert!(within <= 8.0 && all.total_cmp(&9.0).is_eq(), "{within} of {all}");
    let (within, all) = seen.within("lambda_duration_seconds", &[("function", "two")], 0.25).unwrap();
    assert!(within <= 1.0 && all.total_cmp(&2.0).is_eq(), "{within} of {all}");
    assert_eq!(seen.within("lambda_duration_seconds", &[("function", "none")], 30.0), Some((0.0, 0.0)));
    let memory = |function| seen.number("lambda_max_memory_used_bytes", &[("function", function)]).unwrap();
    let limit = f64::from(128 << 20);
    assert!(memory("two") > limit && (1.0..limit).contains(&memory("one")), "{} {}", memory("one"), memory("two"));
    assert!(memory("none") < 1.0);
}

#[tokio::test]
async fn environments_are_busy_while_they_run_and_idle_while_they_are_frozen() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let states = async |expected| {
        let seen = Seen::of(&host).await;
        let count = |state| seen.number("lambda_environments", &[("function", "probe"), ("state", state)]);
        (count("busy"), count("idle")) == expected
    };
    assert!(states((Some(0.0), Some(0.0))).await);
    let mark = host.folder.path().join("begun");
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let payload = json!({ "do": "wait", "mark": mark, "until": host.folder.path().join("go") });
    let call = tokio::spawn(host.client.post(url).json(&payload).send());
    eventually("the invocation has begun", || mark.exists()).await;
    assert!(states((Some(1.0), Some(0.0))).await);
    std::fs::write(host.folder.path().join("go"), "").unwrap();
    call.await.unwrap().unwrap();
    let started = std::time::Instant::now();
    while !states((Some(0.0), Some(1.0))).await {
        assert!(started.elapsed() < crate::support::PATIENCE, "it is not idle again");
    }
}

#[tokio::test]
async fn figures_that_functions_write_are_added_up_and_their_lines_are_passed_on() {
    let host = Host::start(vec![function("probe", LONG), function("other", LONG)]).await;
    let request = |function: &str, status: &str, seconds: f64| {
        let metrics = [("http_requests", "Count"), ("http_request_duration_seconds", "Seconds")];
        let fields = json!({ "function": function, "status": status, "http_requests": 1, "http_request_duration_seconds": seconds });
        line(&["function", "status"], &metrics, fields)
    };
    let statements = line(
        &["function"],
        &[("database_operation_seconds", "Seconds")],
        json!({ "function": "probe", "database_operation_seconds": [0.002, 0.004, 40.0] }),
    );
    let of_consumer = line(
        &["function", "consumer"],
        &[("hidden", "Count")],
        json!({ "function": "probe", "consumer": "c", "hidden": 1 }),
    );
    let outbox =
        line(&["function"], &[("outbox_pending", "Count")], json!({ "function": "probe", "outbox_pending": 7 }));
    let lines = [
        request("probe", "302", 0.02),
        request("probe", "302", 0.2),
        request("probe", "503", 2.0),
        statements,
        of_consumer,
        outbox,
    ];
    for line in &lines {
        host.answer("probe", json!({ "do": "write", "line": line })).await;
    }
    host.answer("other", json!({ "do": "write", "line": request("other", "302", 0.02) })).await;
    host.answer("other", json!({ "do": "write", "line": "{\"_aws\": broken" })).await;
    eventually("all lines have come", || host.lines().len() == lines.len() + 2).await;
    for line in &lines {
        assert!(host.lines().contains(&format!("probe: {line}")), "{line}");
    }

    let seen = Seen::of(&host).await;
    let labels = |function, status| [("function", function), ("status", status)];
    for (function, status, count) in [("probe", "302", 2.0), ("probe", "503", 1.0), ("other", "302", 1.0)] {
        assert_eq!(seen.number("http_requests_total", &labels(function, status)), Some(count), "{function} {status}");
    }
    assert_eq!(seen.within("http_request_duration_seconds", &labels("probe", "302"), 0.05), Some((1.0, 2.0)));
    assert_eq!(seen.within("database_operation_seconds", &[("function", "probe")], 0.005), Some((2.0, 3.0)));
    let told = ["http_requests_total", "http_request_duration_seconds", "database_operation_seconds"];
    let is_known = |name: &str| name.starts_with("lambda_") || told.iter().any(|told| name.starts_with(told));
    let strange = seen.0.samples.iter().find(|sample| !is_known(&sample.metric));
    assert_eq!(strange.map(|sample| &sample.metric), None);
}

#[tokio::test]
async fn a_function_that_makes_up_labels_without_end_does_not_fill_the_host() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let payload = json!({ "do": "write-with-labels", "times": 5_000 });
    host.answer("probe", payload).await;
    eventually("all lines have come", || host.lines().len() == 5_000).await;
    let seen = Seen::of(&host).await;
    let made_up = seen.0.samples.iter().filter(|sample| sample.metric == "a_total").count();
    assert!((1_000..2_000).contains(&made_up), "{made_up}");
    assert_eq!(seen.number("lambda_invocations_total", &[("function", "probe")]), Some(1.0));
}

#[tokio::test]
async fn no_route_of_a_template_is_hidden_by_the_metrics() {
    for path in ["/_runtime/metrics", "/{a}/{b}", "/_runtime/{what}", "/{all+}"] {
        let mut probe = function("probe", LONG);
        probe.routes = vec![route("ANY", path)];
        let folder = crate::support::bin_dir(&[probe.clone()]);
        let refused = runtime::Runtime::start(runtime::RuntimeConfig::new(vec![probe], folder.path())).await;
        let error = format!("{:#}", refused.err().expect("it is refused"));
        assert!(error.contains(path) && error.contains("the host's own"), "{error}");
    }
    let template = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let functions = template::Template::read(&template).unwrap().functions;
    let folder = crate::support::bin_dir(&functions);
    runtime::Runtime::start(runtime::RuntimeConfig::new(functions, folder.path())).await.unwrap().shutdown().await;
}
