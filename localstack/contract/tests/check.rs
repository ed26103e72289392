//! `contract --check` on checkouts of its own.

use std::path::Path;
use std::process::Command;

use contract::{Documents, check, event_schema, write};
use events::EventType;
use serde_json::{Value, json};

const FILE: &str = "schemas/user.auth.1.json";

fn git(root: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    assert!(Command::new("git").arg("-C").arg(root).args(who).args(arguments).status().unwrap().success());
}

fn documents(schema: &Value) -> Documents {
    [(FILE.to_owned(), schema.to_string()), ("docs/events.md".to_owned(), "# Events\n".to_owned())].into()
}

/// Commits these documents.
fn commit(root: &Path, documents: &Documents) {
    write(root, documents).unwrap();
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--allow-empty", "--message", "x"]);
}

fn found(root: &Path, documents: &Documents) -> String {
    check(root, documents).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_document_that_is_missing_outdated_or_left_over_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let documents = documents(&event_schema(EventType::UserAuth));
    let missing = found(root, &documents);
    assert!(missing.contains("schemas/user.auth.1.json is missing: run `make contract`"), "{missing}");
    write(root, &documents).unwrap();
    assert_eq!(check(root, &documents).unwrap().len(), 1, "what has no history is said to be unchecked");
    std::fs::write(root.join("docs/events.md"), "# Other\n").unwrap();
    std::fs::write(root.join("schemas/user.gone.1.json"), "{}").unwrap();
    let wrong = found(root, &documents);
    for line in ["docs/events.md is not what the code says", "schemas/user.gone.1.json is of no type"] {
        assert!(wrong.contains(line), "{wrong}");
    }
}

#[test]
fn a_schema_is_held_against_every_version_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    let first = event_schema(EventType::UserAuth);
    commit(root, &documents(&first));
    let mut second = first.clone();
    second["properties"]["data"]["properties"]["city"] = json!({"type": "string"});
    second["$id"] = json!("urn:onceward:event:user.auth:1.1");
    commit(root, &documents(&second));
    assert_eq!(check(root, &documents(&second)).unwrap(), [""; 0]);
    // Another kind of a field that the second version brought.
    let mut third = first.clone();
    third["properties"]["data"]["properties"]["city"] = json!({"type": "integer"});
    third["$id"] = json!("urn:onceward:event:user.auth:1.2");
    write(root, &documents(&third)).unwrap();
    let wrong = found(root, &documents(&third));
    assert_eq!(wrong.matches("user.auth.1.json since").count(), 1, "the first version has no such field: {wrong}");
    assert!(wrong.contains(".data.city: type was \"string\", is \"integer\""), "{wrong}");
    write(root, &documents(&first)).unwrap();
    let back = found(root, &documents(&first));
    assert!(back.contains("the minor version goes back from 1 to 0"), "{back}");
}
