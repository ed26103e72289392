//! What `make bench` measured.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::Deserialize;

/// Figures by their names, as `results.json` has them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Figures {
    figures: BTreeMap<String, f64>,
}

impl Figures {
    /// Those of the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!("nothing was measured yet, {} is missing: run `make bench`", path.display()),
            _ => error.into(),
        })?;
        serde_json::from_str(&text).with_context(|| format!("{}: run `make bench`, which writes it", path.display()))
    }

    /// Takes these instead of what was measured.
    pub(crate) fn set(&mut self, figures: &[(String, f64)]) {
        self.figures.extend(figures.iter().cloned());
    }

    /// One that may be missing.
    pub(crate) fn optional(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }

    /// One that must be there.
    pub(crate) fn required(&self, name: &str) -> anyhow::Result<f64> {
        self.optional(name).with_context(|| {
            format!("{name} was not measured: run `make bench`, or give it with --figure {name}=VALUE")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_measurement_it_says_to_make_one() {
        let folder = stack::scratch().unwrap();
        let missing = Figures::read(&folder.path().join("results.json")).unwrap_err();
        assert!(format!("{missing:#}").contains("run `make bench`"), "{missing:#}");
        std::fs::write(folder.path().join("results.json"), "{}").unwrap();
        let empty = Figures::read(&folder.path().join("results.json")).unwrap_err();
        assert!(format!("{empty:#}").contains("run `make bench`"), "{empty:#}");
    }

    #[test]
    fn what_is_given_counts_instead_of_what_was_measured() {
        let mut figures: Figures = serde_json::from_str(r#"{"figures": {"a": 1, "b": 2.5}}"#).unwrap();
        figures.set(&[("a".to_owned(), 4.0)]);
        assert_eq!((figures.required("a").unwrap(), figures.required("b").unwrap()), (4.0, 2.5));
        assert!(format!("{:#}", figures.required("c").unwrap_err()).contains("--figure c="));
    }
}
