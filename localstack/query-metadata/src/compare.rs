//! The committed metadata against fresh ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, ensure};

/// Fails where the two folders differ, and says how to go on.
pub(crate) fn same(committed: &Path, fresh: &Path) -> anyhow::Result<()> {
    let differing = differing(&read(committed)?, &read(fresh)?);
    ensure!(
        differing.is_empty(),
        ".sqlx does not fit the statements and migrations: run `make sqlx` and commit the result\n  {}",
        differing.join("\n  ")
    );
    Ok(())
}

/// Makes `committed` hold what `fresh` holds.
pub(crate) fn replace(committed: &Path, fresh: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(committed)?;
    for name in read(committed)?.keys() {
        fs::remove_file(committed.join(name))?;
    }
    for (name, text) in read(fresh)? {
        fs::write(committed.join(name), text)?;
    }
    Ok(())
}

/// The metadata of a folder by file name; none where there is no folder.
fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            files.insert(name, fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(files)
}

fn differing(committed: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Vec<String> {
    let missing = fresh.keys().filter(|name| !committed.contains_key(*name)).map(|name| format!("missing: {name}"));
    let left_over = committed.keys().filter(|name| !fresh.contains_key(*name)).map(|name| format!("left over: {name}"));
    let other = fresh
        .iter()
        .filter(|(name, text)| committed.get(*name).is_some_and(|committed| committed != *text))
        .map(|(name, _)| format!("other: {name}"));
    missing.chain(left_over).chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_was_changed_added_or_removed_is_named() {
        let (committed, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (folder, name, text) in [
            (&committed, "query-same.json", "1"),
            (&fresh, "query-same.json", "1"),
            (&committed, "query-changed.json", "1"),
            (&fresh, "query-changed.json", "2"),
            (&committed, "query-removed.json", "1"),
            (&fresh, "query-added.json", "1"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let error = same(committed.path(), fresh.path()).unwrap_err().to_string();
        assert!(error.contains("run `make sqlx`"), "{error}");
        for line in ["other: query-changed.json", "left over: query-removed.json", "missing: query-added.json"] {
            assert!(error.contains(line), "{error}");
        }
        assert!(!error.contains("query-same"), "{error}");
        replace(committed.path(), fresh.path()).unwrap();
        same(committed.path(), fresh.path()).unwrap();
    }
}
