//! `.env.example` has every setting that the code reads, and no other.

use std::collections::BTreeSet;
use std::path::Path;

/// Written like settings, and none of ours: the system's variables, and values.
const OTHERS: [&str; 10] = [
    "AWS_PROFILE",
    "CREATE_TIME",
    "JAVA_HOME",
    "LC_ALL",
    "LLVM_PROFILE_FILE",
    "LOG_APPEND_TIME",
    "NO_TIMESTAMP_TYPE",
    "RUST_BACKTRACE",
    "SASL_SSL",
    "SSL_CERT_FILE",
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Capitals with underscores between.
fn is_name(text: &str) -> bool {
    let is_of_one = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.contains('_') && text.starts_with(|first: char| first.is_ascii_uppercase()) && text.bytes().all(is_of_one)
}

/// The texts in a crate's sources that look like settings, without those of unit tests.
fn literals(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            literals(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            found.extend(code.split('"').filter(|literal| is_name(literal)).map(str::to_owned));
        }
    }
}

fn read_by_code() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for group in ["functions", "shared"] {
        for package in std::fs::read_dir(root().join(group)).unwrap() {
            literals(&package.unwrap().path().join("src"), &mut found);
        }
    }
    for tool in ["producer", "stack"] {
        literals(&root().join("localstack").join(tool).join("src"), &mut found);
    }
    let is_other = |name: &str| OTHERS.contains(&name) || name.starts_with("AWS_LAMBDA_") || name.starts_with("CARGO_");
    // What ends so is a prefix.
    found.retain(|name| !name.ends_with('_') && !is_other(name));
    found
}

#[test]
fn the_example_has_every_setting_that_the_code_reads_and_no_other() {
    let example = std::fs::read_to_string(root().join(".env.example")).unwrap();
    let settings = example.lines().filter_map(|line| line.trim_start_matches("# ").split_once('='));
    let settings: BTreeSet<String> = settings.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect();
    assert_eq!(read_by_code(), settings, "left: read by the code; right: in .env.example");
}
