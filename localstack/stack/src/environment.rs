//! Settings from the environment and from the checkout's `.env`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Every variable of the real environment, and those of `<root>/.env` that it does not set.
///
/// A missing `.env` is an empty one; one that cannot be parsed is an error, as a setting that is silently
/// ignored costs more time than a message. Variables that are not UTF-8 are left out.
#[expect(clippy::disallowed_methods, reason = "the place where the local tools read the environment")]
pub fn load(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = file(&root.join(".env"))?;
    let real =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    all.extend(real);
    Ok(all)
}

fn file(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    dotenvy::from_path_iter(path)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read {}: correct the line or remove the file", path.display()))
}

/// The root of the checkout: `given`, or the nearest folder above `here` that holds the local stack.
pub fn checkout(given: Option<PathBuf>, here: &Path) -> anyhow::Result<PathBuf> {
    let is_checkout = |folder: &&Path| folder.join("localstack/compose.yaml").is_file();
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let found = given.or_else(|| here.ancestors().chain(built_in).find(is_checkout).map(Path::to_path_buf));
    let Some(root) = found else {
        bail!("{} is in no checkout: go there, or name it with --root", here.display());
    };
    root.canonicalize().with_context(|| format!("cannot open the checkout {}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_env_file_is_refused_by_its_name() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(".env"), "LOG_LEVEL=debug\nthis is no setting\n").unwrap();
        let error = load(root.path()).unwrap_err();
        assert!(format!("{error:#}").contains(".env"), "{error:#}");
    }

    #[test]
    fn the_real_environment_wins_over_the_file() {
        let root = tempfile::tempdir().unwrap();
        let home = env!("CARGO_MANIFEST_DIR");
        std::fs::write(root.path().join(".env"), "CARGO_MANIFEST_DIR=/nowhere\nONLY_IN_THE_FILE='a value'\n").unwrap();
        let all = load(root.path()).unwrap();
        assert_eq!(all["CARGO_MANIFEST_DIR"], home);
        assert_eq!(all["ONLY_IN_THE_FILE"], "a value");
    }
}
