//! What requests say, read so that it cannot be wrong.

use std::fmt::Display;
use std::str::FromStr;

use api::invalid;
use events::UserId;
use lambda::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

/// The longest title, in characters.
pub(crate) const TITLE: usize = 300;
/// The longest content of a thread or comment, in characters.
pub(crate) const CONTENT: usize = 20_000;

/// Who asks, of a request without a body.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuthorQuery {
    /// Who wrote it.
    #[param(value_type = String, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    author: Option<String>,
}

impl AuthorQuery {
    pub(crate) fn author(&self) -> Result<UserId, Problem> {
        let author = self.author.as_deref().ok_or_else(|| invalid("author", "The query has no author."))?;
        person("author", author)
    }
}

/// A text of so many characters at most that says something.
pub(crate) fn text<const MAX: usize>(field: &'static str, text: String) -> Result<String, Problem> {
    let says_something = !text.trim().is_empty() && !text.contains('\0');
    if says_something && text.chars().count() <= MAX {
        return Ok(text);
    }
    let detail = format!("The value of {field} is not 1 to {MAX} characters that say something, of which none is NUL.");
    Err(invalid(field, detail))
}

/// An id.
pub(crate) fn id<T: FromStr<Err: Display>>(field: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| invalid(field, format!("The value of {field} {error}.")))
}

/// Somebody who is no part of the service itself.
pub(crate) fn person(field: &'static str, text: &str) -> Result<UserId, Problem> {
    let user: UserId = id(field, text)?;
    if user.is_own_actor() {
        return Err(invalid(field, format!("The value of {field} is an id of the service itself.")));
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_measured_in_characters_and_kept_as_it_is() {
        for taken in ["a", " a\n", "ééé", "\u{1f600}\u{1f600}\u{1f600}"] {
            assert_eq!(text::<3>("title", taken.to_owned()).unwrap(), taken);
        }
        for refused in ["", " ", " \t\n", "\u{a0}\u{2003}", "a\0", "abcd", "éééé"] {
            assert!(text::<3>("title", refused.to_owned()).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn nobody_speaks_for_the_service_itself() {
        for taken in ["u-1", "key", "keys:1", "a.b_C:9"] {
            assert_eq!(person("author", taken).unwrap().as_str(), taken);
        }
        for refused in ["", "key:0123456789ab", "operator:ada", "a b", "é", "ada@example.com"] {
            assert!(person("author", refused).is_err(), "{refused:?}");
        }
    }
}
