use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// What was committed of a file before.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Every version, newest first: commit and text.
    Versions(Vec<(String, String)>),
    /// Why not all of them are known.
    Unknown(&'static str),
}

/// Every version of a file that the history of the checkout has.
pub fn earlier(root: &Path, file: &str) -> anyhow::Result<Earlier> {
    let Ok(is_shallow) = git(root, &["rev-parse", "--is-shallow-repository"]) else {
        return Ok(Earlier::Unknown("this is no git checkout"));
    };
    if is_shallow.trim() == "true" {
        return Ok(Earlier::Unknown("this clone has no history: `git fetch --unshallow` brings it"));
    }
    if git(root, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() {
        return Ok(Earlier::Versions(Vec::new()));
    }
    let mut versions = Vec::new();
    for commit in git(root, &["log", "--full-history", "--format=%H", "--", file])?.lines() {
        let blob = format!("{commit}:./{file}");
        // A commit that removed the file has no version of it.
        if git(root, &["cat-file", "-e", &blob]).is_ok() {
            versions.push((commit.to_owned(), git(root, &["show", &blob])?));
        }
    }
    Ok(Earlier::Versions(versions))
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().context("cannot run git")?;
    ensure!(output.status.success(), "git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    String::from_utf8(output.stdout).context("what git says is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(root: &Path, text: Option<&str>) {
        match text {
            Some(text) => std::fs::write(root.join("x.json"), text).unwrap(),
            None => std::fs::remove_file(root.join("x.json")).unwrap(),
        }
        git(root, &["add", "--all"]).unwrap();
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        git(root, &[&who[..], &["commit", "--quiet", "--allow-empty", "--message", "x"]].concat()).unwrap();
    }

    #[test]
    fn every_committed_version_is_found_even_one_that_was_removed_since() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(matches!(earlier(root, "x.json").unwrap(), Earlier::Unknown(_)), "no checkout");
        git(root, &["init", "--quiet"]).unwrap();
        assert_eq!(earlier(root, "x.json").unwrap(), Earlier::Versions(Vec::new()), "no commit");
        for text in [Some("1"), Some("2"), None, Some("3")] {
            commit(root, text);
        }
        let Earlier::Versions(versions) = earlier(root, "x.json").unwrap() else { panic!("the history is there") };
        assert_eq!(versions.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["3", "2", "1"]);
        let clone = tempfile::tempdir().unwrap();
        let from = format!("file://{}", root.display());
        git(clone.path(), &["clone", "--quiet", "--depth=1", &from, "."]).unwrap();
        assert!(matches!(earlier(clone.path(), "x.json").unwrap(), Earlier::Unknown(_)), "a clone without history");
    }
}
