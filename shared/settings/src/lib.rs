#![doc = include_str!("../README.md")]

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

/// A variable that stops a function from starting.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingError {
    /// A variable without a default is unset or empty.
    #[error("{name} is not set: give it a value in the environment (see .env.example)")]
    Missing {
        /// The variable.
        name: String,
    },
    /// The value cannot be read. The value itself is left out: it may be a secret.
    #[error("{name} has a value that cannot be used: {reason} (see .env.example)")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The variables a process was started with. An empty value counts as unset.
#[derive(Debug, Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process; those that are not UTF-8 are left out.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value, where it is set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of a variable that has no default.
    pub fn required(&self, name: &str) -> Result<&str, SettingError> {
        self.optional(name).ok_or_else(|| SettingError::Missing { name: name.to_owned() })
    }

    /// The value as a `T`, or the default where it is unset.
    pub fn parsed<T>(&self, name: &str, default: T) -> Result<T, SettingError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name).map_or(Ok(default), |value| {
            value
                .parse()
                .map_err(|error: T::Err| SettingError::Invalid { name: name.to_owned(), reason: error.to_string() })
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = Environment::default().required("DATABASE_URL").unwrap_err();
        assert!(error.to_string().starts_with("DATABASE_URL is not set"), "{error}");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = Environment::from_iter([("PORT", " ")]);
        assert_eq!(environment.parsed("PORT", 7_u16), Ok(7));
    }

    #[test]
    fn a_bad_value_names_the_variable_and_hides_the_value() {
        let environment = Environment::from_iter([("PORT", "s3cret")]);
        let error = environment.parsed("PORT", 7_u16).unwrap_err().to_string();
        assert!(error.contains("PORT") && !error.contains("s3cret"), "{error}");
    }
}
