use std::collections::BTreeSet;
use std::path::Path;

use crate::named::{page, root};

/// What sqlx writes of slow statements.
const OF_SQLX: [&str; 5] = ["db.statement", "rows_affected", "rows_returned", "slow_threshold", "summary"];

/// The fields that the page's table of the log has.
fn documented() -> BTreeSet<String> {
    let page = page();
    let (_, log) = page.split_once("\n## The log\n").unwrap();
    let (log, _) = log.split_once("\n## ").unwrap();
    let rows = log.lines().filter(|line| line.starts_with("| `"));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

/// The sources of everything that runs in a function, without unit tests.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push_str(text.split("#[cfg(test)]").next().unwrap());
        }
    }
}

fn code() -> String {
    let mut all = String::new();
    for group in ["functions", "shared"] {
        for package in std::fs::read_dir(root().join(group)).unwrap() {
            let package = package.unwrap();
            if package.file_name() != "testkit" {
                sources(&package.path().join("src"), &mut all);
            }
        }
    }
    all
}

/// Dotted names that get a value as an argument: in a statement they would be parts of a value.
fn dotted(code: &str) -> BTreeSet<String> {
    let of_name = |byte: char| byte.is_ascii_lowercase() || byte == '.' || byte == '_';
    let lines = code.lines().filter(|line| !line.ends_with([';', '{']) || line.contains("tracing::"));
    let arguments = lines.flat_map(|line| line.split([',', '(']));
    let names = arguments.filter_map(|argument| argument.trim().split_once(" = ")).map(|(name, _)| name);
    let is_field = |name: &&str| name.contains('.') && name.chars().all(of_name) && !name.starts_with("self.");
    names.filter(is_field).map(str::to_owned).collect()
}

#[test]
fn every_field_of_the_log_that_the_page_has_is_written() {
    let (documented, code) = (documented(), code());
    assert!(documented.len() > 60, "{documented:?}");
    let is_written = |name: &&String| code.contains(name.as_str()) || OF_SQLX.contains(&name.as_str());
    let (_, unwritten): (Vec<_>, Vec<_>) = documented.iter().partition(is_written);
    assert_eq!(unwritten, Vec::<&String>::new());
}

#[test]
fn every_field_that_is_written_stands_in_the_page() {
    let (documented, written) = (documented(), dotted(&code()));
    assert!(written.contains("event.id") && written.contains("outbox.seq"), "{written:?}");
    let missing: Vec<_> = written.difference(&documented).collect();
    assert_eq!(missing, Vec::<&String>::new());
}
