use std::collections::{BTreeMap, BTreeSet};

use monitor::{Documented, documented};

use crate::named::{OF_READ_API, OF_RUNTIME, page};
use crate::system::System;

/// Kind and labels of every metric of a text in Prometheus' format.
fn exposed(text: &str) -> BTreeMap<String, Documented> {
    let mut found = BTreeMap::<String, Documented>::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            found.insert(name.to_owned(), Documented { kind: kind.to_owned(), labels: BTreeSet::new() });
        } else if !line.starts_with('#') && !line.is_empty() {
            let name = line.split(['{', ' ']).next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let base = base.filter(|base| found.contains_key(*base)).unwrap_or(name);
            let labels = monitor::selectors(line).0.into_iter().flat_map(|selector| selector.labels);
            let series = found.get_mut(base).expect("each series has a type before it");
            series.labels.extend(labels.filter(|label| label != "le"));
        }
    }
    found
}

#[test]
fn kinds_and_labels_are_read() {
    let text = "# HELP a How\n# TYPE a histogram\na_bucket{of=\"x\",le=\"+Inf\"} 1\na_sum{of=\"x\"} 1.5\na_count{of=\"x\"} 1\n# TYPE b gauge\nb 1\n";
    let of = |kind: &str, labels: &[&str]| Documented {
        kind: kind.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    };
    let expected = [("a", of("histogram", &["of"])), ("b", of("gauge", &[]))];
    assert_eq!(exposed(text), BTreeMap::from(expected.map(|(name, metric)| (name.to_owned(), metric))));
}

#[tokio::test]
async fn what_is_answered_is_what_is_documented() {
    let system = System::start().await;
    system.click().await;
    system.consume().await;
    system.publish_and_tick().await;
    let page = page();
    assert_eq!(exposed(&system.get("/metrics").await), documented(&page, OF_READ_API));
    assert_eq!(exposed(&system.get("/_runtime/metrics").await), documented(&page, OF_RUNTIME));
}
