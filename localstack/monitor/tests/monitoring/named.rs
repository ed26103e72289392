use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use monitor::{Documented, Selector, alerts, dashboard_expressions, documented, headings, selectors, tested_alerts};

/// The headings of the tables in `docs/operations.md`.
pub const OF_READ_API: &str = "At /metrics";
pub const OF_RUNTIME: &str = "At /_runtime/metrics";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn page() -> String {
    fs::read_to_string(root().join("docs/operations.md")).unwrap()
}

fn monitoring(file: &str) -> PathBuf {
    root().join("infra/monitoring").join(file)
}

/// Every metric that is documented, and those that Prometheus makes itself.
fn known() -> BTreeMap<String, Documented> {
    let page = page();
    let mut known = documented(&page, OF_READ_API);
    known.extend(documented(&page, OF_RUNTIME));
    assert!(known.len() > 30, "{known:?}");
    for (name, labels) in [("up", &[][..]), ("ALERTS", &["alertname", "alertstate", "severity"])] {
        let labels = labels.iter().map(|label: &&str| (*label).to_owned()).collect();
        known.insert(name.to_owned(), Documented { kind: "gauge".to_owned(), labels });
    }
    known
}

/// What is wrong with what an expression names.
fn unknown(expression: &str, known: &BTreeMap<String, Documented>) -> Vec<String> {
    let (selectors, grouped) = selectors(expression);
    let mut wrong = Vec::new();
    let mut possible = BTreeSet::from(["job", "instance"].map(str::to_owned));
    for Selector { metric, labels } in &selectors {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| metric.strip_suffix(end));
        let of_histogram = of_histogram.filter(|base| known.get(*base).is_some_and(|found| found.kind == "histogram"));
        let Some(found) = known.get(of_histogram.unwrap_or(metric)) else {
            wrong.push(format!("nothing answers {metric}"));
            continue;
        };
        if found.kind == "histogram" && of_histogram.is_none() {
            wrong.push(format!("{metric} is a histogram: only its buckets, sum and count are answered"));
        }
        let mut own = found.labels.clone();
        own.extend(["job", "instance"].map(str::to_owned));
        if metric.ends_with("_bucket") {
            own.insert("le".to_owned());
        }
        wrong.extend(labels.difference(&own).map(|label| format!("{metric} has no label {label}")));
        possible.extend(own);
    }
    wrong.extend(grouped.difference(&possible).map(|label| format!("nothing in it has a label {label}")));
    wrong
}

#[test]
fn an_expression_that_names_what_nobody_answers_is_found() {
    let known = known();
    assert_eq!(unknown("sum by (consumer) (dead_letters{state=\"open\"}) > 0", &known), Vec::<String>::new());
    assert_eq!(unknown("dead_leters > 0", &known), ["nothing answers dead_leters"]);
    assert_eq!(
        unknown("sum by (cosumer) (dead_letters{stat=\"open\"})", &known),
        ["dead_letters has no label stat", "nothing in it has a label cosumer"]
    );
    assert_eq!(unknown("rate(batch_duration_seconds[5m])", &known).len(), 1);
    assert_eq!(unknown("sum by (le) (rate(batch_duration_seconds_bucket[5m]))", &known), Vec::<String>::new());
}

#[test]
fn every_metric_and_label_of_an_alert_and_its_tests_is_answered() {
    let known = known();
    for alert in alerts(&monitoring("alerts.yml")).unwrap() {
        assert_eq!(unknown(&alert.expression, &known), Vec::<String>::new(), "{}", alert.name);
    }
    let tested = tested_alerts(&monitoring("alerts_test.yml")).unwrap();
    assert!(!tested.series.is_empty());
    for series in tested.series {
        assert_eq!(unknown(&series, &known), Vec::<String>::new(), "{series}");
    }
}

#[test]
fn every_metric_and_label_of_the_dashboard_is_answered() {
    let known = known();
    let expressions = dashboard_expressions(&monitoring("grafana/dashboards/onceward.json")).unwrap();
    assert!(expressions.len() > 20);
    for expression in expressions {
        assert_eq!(unknown(&expression, &known), Vec::<String>::new(), "{expression}");
    }
}

#[test]
fn every_alert_is_tested_to_fire_and_to_be_silent() {
    let alerts = alerts(&monitoring("alerts.yml")).unwrap();
    let names: BTreeSet<String> = alerts.iter().map(|alert| alert.name.clone()).collect();
    assert_eq!(names.len(), alerts.len(), "a name stands twice");
    let tested = tested_alerts(&monitoring("alerts_test.yml")).unwrap();
    assert_eq!(tested.fires, names);
    assert_eq!(tested.silent, names);
}

/// An alert is silent for nothing where there is nothing that it looks at.
#[test]
fn the_system_that_is_well_has_every_metric_that_an_alert_looks_at() {
    let metrics = |expression: &str| selectors(expression).0.into_iter().map(|found| found.metric).collect::<Vec<_>>();
    let tested = tested_alerts(&monitoring("alerts_test.yml")).unwrap();
    let healthy: BTreeSet<String> = tested.healthy.iter().flat_map(|series| metrics(series)).collect();
    let alerts = alerts(&monitoring("alerts.yml")).unwrap();
    let missing: Vec<String> =
        alerts.iter().flat_map(|alert| metrics(&alert.expression)).filter(|metric| !healthy.contains(metric)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_alert_says_how_bad_it_is_and_leads_to_a_heading() {
    let anchors = headings(&page());
    for alert in alerts(&monitoring("alerts.yml")).unwrap() {
        assert!(["critical", "warning"].contains(&alert.severity.as_str()), "{alert:?}");
        assert!(alert.summary.ends_with('.'), "{alert:?}");
        let heading = alert.runbook.strip_prefix("docs/operations.md#").expect("a heading of docs/operations.md");
        assert!(anchors.contains(heading), "{heading}: {anchors:?}");
    }
}
