//! The variables that functions get besides the template's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};
use template::Function;

/// What a process needs to run at all, and what a developer sets to look into it.
const BASICS: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LLVM_PROFILE_FILE", "PATH", "RUST_BACKTRACE", "SSL_CERT_FILE", "TMPDIR", "TZ"];

/// The overlay for [`crate::RuntimeConfig::env`]: the variables of a `.env` file, and from the process's own
/// environment, which wins, those that the file or the template names, `KAFKA_...`, `PATH` and the like. The rest of a
/// developer's environment stays outside, as it does on Lambda.
///
/// # Errors
/// The file cannot be read. One that does not exist is empty.
pub fn overlay(
    file: &Path,
    process: impl Iterator<Item = (OsString, OsString)>,
    functions: &[Function],
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = read(file)?;
    for (name, value) in process {
        // What is not UTF-8 is none of ours.
        let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) else { continue };
        let in_template = || functions.iter().any(|function| function.environment.contains_key(&name));
        let is_meant = BASICS.contains(&name.as_str()) || name.starts_with("KAFKA_");
        if is_meant || variables.contains_key(&name) || in_template() {
            variables.insert(name, value);
        }
    }
    Ok(variables)
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).with_context(|| format!("cannot read {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Lines of `NAME=value`, blank lines and `#` comments. A value may be quoted.
fn parse(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!("line {} is not NAME=value", index + 1);
        };
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        variables.insert(name.to_owned(), unquote(value.trim()).to_owned());
    }
    Ok(variables)
}

fn unquote(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn comments_quotes_and_equal_signs_in_values_are_read_as_meant() {
        let variables =
            parse("# a comment\n\nA=1\nexport B = 'two words'\nURL=postgres://u@h/db?a=b\nEMPTY=\n").unwrap();
        assert_eq!(variables, text(&[("A", "1"), ("B", "two words"), ("EMPTY", ""), ("URL", "postgres://u@h/db?a=b")]));
    }

    #[test]
    fn a_line_without_a_value_is_named() {
        assert_eq!(parse("A=1\nB\n").unwrap_err().to_string(), "line 2 is not NAME=value");
    }

    #[test]
    fn the_real_environment_wins_and_only_what_is_meant_for_functions_passes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "LOG_LEVEL=info\nDATABASE_URL=a\n").unwrap();
        let process = [("DATABASE_URL", "b"), ("KAFKA_LINGER_MS", "5"), ("PATH", "/bin"), ("AWS_PROFILE", "mine")];
        let process = process.into_iter().map(|(name, value)| (name.into(), value.into()));
        let variables = overlay(&file, process, &[]).unwrap();
        let expected = [("DATABASE_URL", "b"), ("KAFKA_LINGER_MS", "5"), ("LOG_LEVEL", "info"), ("PATH", "/bin")];
        assert_eq!(variables, text(&expected));
    }

    #[test]
    fn a_missing_file_is_an_empty_one() {
        assert!(overlay(Path::new("no/such/file"), std::iter::empty(), &[]).unwrap().is_empty());
    }
}
