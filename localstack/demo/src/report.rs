//! What is shown at the end: the comparison, the clicks over time, and how to go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use console::style;

use crate::plan::{Counts, HEAD, LAST, TWICE};

/// Cells of the longest bar.
const WIDTH: u64 = 40;

/// One line of the comparison.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    group: &'static str,
    what: String,
    expected: u64,
    counted: u64,
}

impl Row {
    pub(crate) fn new(group: &'static str, what: &str, expected: u64, counted: u64) -> Self {
        Self { group, what: what.to_owned(), expected, counted }
    }

    pub(crate) fn is_right(&self) -> bool {
        self.expected == self.counted
    }
}

/// What is compared, hours last.
pub(crate) fn rows(expected: &Counts, counted: &Counts) -> Vec<Row> {
    let row = Row::new;
    let mut rows = vec![
        row("clicks", "of people", expected.people, counted.people),
        row("clicks", "of bots", expected.bots, counted.bots),
    ];
    let special = [HEAD, LAST, TWICE];
    let breakdowns = [
        ("device", &expected.devices, &counted.devices),
        ("source", &expected.sources, &counted.sources),
        ("country", &expected.countries, &counted.countries),
    ];
    for (group, expected, counted) in breakdowns {
        let names = names(expected, counted).into_iter().filter(|name| !special.contains(&name.as_str()));
        rows.extend(names.map(|name| row(group, name, of(expected, name), of(counted, name))));
    }
    let from = |country: &str| (of(&expected.countries, country), of(&counted.countries, country));
    for (what, country) in [("click sent twice", TWICE), ("HEAD requests", HEAD), ("very last click", LAST)] {
        let (expected, counted) = from(country);
        rows.push(row("special", what, expected, counted));
    }
    rows.push(row("special", "malformed, kept", expected.dead_letters, counted.dead_letters));
    for hour in names(&expected.hours, &counted.hours) {
        let what = format!("{:02}:00", hour.hour());
        rows.push(row("hour", &what, of(&expected.hours, hour), of(&counted.hours, hour)));
    }
    rows
}

fn names<'a, K: Ord>(expected: &'a BTreeMap<K, u64>, counted: &'a BTreeMap<K, u64>) -> BTreeSet<&'a K> {
    expected.keys().chain(counted.keys()).collect()
}

fn of<K: Ord + ?Sized, Q: Ord + std::borrow::Borrow<K>>(map: &BTreeMap<Q, u64>, name: &K) -> u64 {
    map.get(name).copied().unwrap_or_default()
}

/// The comparison without the hours, which the chart has.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!("{}\n", style(format!("  {:8} {:21} {:>8} {:>8}", "", "", "expected", "counted")).dim());
    let mut group = "";
    for row in rows.iter().filter(|row| row.group != "hour") {
        let name = if row.group == group { "" } else { row.group };
        group = row.group;
        let line = format!("  {name:8} {:21} {:>8} {:>8}", row.what, row.expected, row.counted);
        let _ = writeln!(text, "{line}  {}", mark(row));
    }
    text
}

/// Clicks by hour, with what was expected behind each bar.
pub(crate) fn chart(rows: &[Row]) -> String {
    let hours = || rows.iter().filter(|row| row.group == "hour");
    let most = hours().map(|row| row.counted).max().unwrap_or_default().max(1);
    let mut text = format!("{}\n", style("  clicks by hour (UTC), people and bots").dim());
    for row in hours() {
        let bar = bar(row.counted, most);
        let _ = write!(text, "  {}  {} {}", row.what, style(bar).cyan(), row.counted);
        let _ = if row.is_right() { writeln!(text) } else { writeln!(text, " of {} {}", row.expected, mark(row)) };
    }
    text
}

/// A bar in eighths of a cell; anything above none is seen.
fn bar(count: u64, most: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (count * WIDTH * 8).div_ceil(most);
    let whole = usize::try_from(eighths / 8).unwrap_or_default();
    let rest = usize::try_from(eighths % 8).unwrap_or_default();
    format!("{}{}", "█".repeat(whole), PARTS[rest])
}

fn mark(row: &Row) -> String {
    if row.is_right() { style("✓").green().to_string() } else { style("✗").red().bold().to_string() }
}

/// What to do next.
pub(crate) fn how_to_go_on(dev_port: u16) -> String {
    let base = format!("http://127.0.0.1:{dev_port}");
    format!(
        "{}
  make dev      serve the functions on {base} while you edit them; it shows an API key and what to try with it
  make api-key  see who may call them, and make another key (DO=--help)
  make audit-verify   see whether the audit log is whole
  make producer send a shop's events from a menu, and compare the database with what was sent
  make scenarios   see every promise kept, command by command (docs/scenarios.md)
  make aggregates-check   make every sum anew from its facts, and compare
  make dlq      see the record that no consumer can read, and what else failed (DO=--help: send it on again, give it up)
  make test     run every test against the same servers
  make down     stop Kafka and PostgreSQL (WIPE=1: and forget what they hold)
",
        style("How to go on").bold(),
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::plan::Plan;

    fn expected() -> Counts {
        Plan::new(datetime!(2026-11-21 00:12 UTC)).expected()
    }

    #[test]
    fn counts_as_planned_are_all_right() {
        let mut counted = expected();
        // As the statistics have it: what nobody used is there with nothing.
        counted.countries.remove("none such");
        counted.devices.insert("watch".into(), 0);
        let rows = rows(&expected(), &counted);
        assert!(rows.iter().all(Row::is_right), "{rows:?}");
        assert!(table(&rows).lines().count() > 20);
    }

    #[test]
    fn whatever_is_off_is_named() {
        type Spoil = fn(&mut Counts);
        let spoilt: [(&str, Spoil); 8] = [
            ("of people", |counts| counts.people += 1),
            ("of bots", |counts| counts.bots -= 1),
            ("mobile", |counts| *counts.devices.get_mut("mobile").unwrap() -= 1),
            ("search", |counts| _ = counts.sources.remove("search")),
            ("ZZ", |counts| _ = counts.countries.insert("ZZ".into(), 1)),
            ("click sent twice", |counts| _ = counts.countries.insert(TWICE.into(), 2)),
            ("HEAD requests", |counts| _ = counts.countries.insert(HEAD.into(), 1)),
            ("malformed, kept", |counts| counts.dead_letters = 0),
        ];
        for (what, spoil) in spoilt {
            let mut counted = expected();
            spoil(&mut counted);
            let rows = rows(&expected(), &counted);
            let off: Vec<_> = rows.iter().filter(|row| !row.is_right()).map(|row| row.what.as_str()).collect();
            assert_eq!(off, [what]);
        }
    }

    #[test]
    fn a_click_in_the_wrong_hour_shows_in_the_chart() {
        let mut counted = expected();
        counted.hours.insert(datetime!(2026-11-20 02:00 UTC), 1);
        let rows = rows(&expected(), &counted);
        let chart = console::strip_ansi_codes(&chart(&rows)).into_owned();
        let off: Vec<_> = chart.lines().filter(|line| line.contains('✗')).collect();
        assert!(matches!(off[..], [line] if line.starts_with("  02:00") && line.ends_with(" 1 of 0 ✗")), "{off:?}");
    }

    #[test]
    fn bars_fit_and_the_smallest_is_seen() {
        assert_eq!(bar(0, 1000), "");
        assert_eq!(bar(1, 1000), "▏");
        assert_eq!(bar(1000, 1000).chars().count(), 40);
        assert_eq!(bar(500, 1000), "█".repeat(20));
    }
}
