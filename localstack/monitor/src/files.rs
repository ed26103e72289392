//! What the files name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::yaml;

/// A rule of `alerts.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub expression: String,
    /// `critical` or `warning`.
    pub severity: String,
    /// A sentence.
    pub summary: String,
    /// File and heading of what to do.
    pub runbook: String,
}

/// A metric as a page documents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Its labels.
    pub labels: BTreeSet<String>,
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The rules of a file.
pub fn alerts(path: &Path) -> anyhow::Result<Vec<Alert>> {
    let file = yaml::read(&read(path)?)?;
    let rules = items(&file["groups"]).flat_map(|group| items(&group["rules"]));
    let alerts = rules.map(|rule| Alert {
        name: text(&rule["alert"]),
        expression: text(&rule["expr"]),
        severity: text(&rule["labels"]["severity"]),
        summary: text(&rule["annotations"]["summary"]),
        runbook: text(&rule["annotations"]["runbook"]),
    });
    Ok(alerts.collect())
}

/// What a file of tests is about.
#[derive(Debug, Default)]
pub struct Tested {
    /// Alerts that are expected to fire.
    pub fires: BTreeSet<String>,
    /// Alerts that are expected to be silent.
    pub silent: BTreeSet<String>,
    /// The series of all tests.
    pub series: Vec<String>,
    /// The series of tests in which no alert may fire.
    pub healthy: Vec<String>,
}

/// What a file of tests is about.
pub fn tested_alerts(path: &Path) -> anyhow::Result<Tested> {
    let file = yaml::read(&read(path)?)?;
    let mut tested = Tested::default();
    for test in items(&file["tests"]) {
        let series: Vec<String> = items(&test["input_series"]).map(|each| text(&each["series"])).collect();
        if items(&test["promql_expr_test"]).any(|each| text(&each["expr"]).contains("ALERTS")) {
            tested.healthy.extend(series.clone());
        }
        tested.series.extend(series);
        for expected in items(&test["alert_rule_test"]) {
            let fires = items(&expected["exp_alerts"]).next().is_some();
            let found = if fires { &mut tested.fires } else { &mut tested.silent };
            found.insert(text(&expected["alertname"]));
        }
    }
    Ok(tested)
}

/// What the panels of a dashboard ask for.
pub fn dashboard_expressions(path: &Path) -> anyhow::Result<Vec<String>> {
    let dashboard: Value = serde_json::from_str(&read(path)?)?;
    let targets = items(&dashboard["panels"]).flat_map(|panel| items(&panel["targets"]));
    Ok(targets.map(|target| text(&target["expr"])).collect())
}

/// The metrics in the table under a heading of a page: name, kind, labels, and what it means.
#[must_use]
pub fn documented(page: &str, heading: &str) -> BTreeMap<String, Documented> {
    let lines = page.lines().skip_while(|line| line.trim_start_matches('#').trim() != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
        let [name, kind, labels, ..] = cells[..] else { return None };
        let labels = labels.split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        let name = name.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        Some((name, Documented { kind: kind.to_owned(), labels }))
    });
    rows.collect()
}

/// The anchors of a page's headings, as they are linked to.
#[must_use]
pub fn headings(page: &str) -> BTreeSet<String> {
    // Every second part is a block of code.
    let prose = page.split("```").step_by(2).flat_map(str::lines);
    let titles = prose.filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |title: &str| {
        let kept = title
            .to_lowercase()
            .chars()
            .filter(|kept| kept.is_alphanumeric() || " -_".contains(*kept))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    titles.map(anchor).collect()
}
