//! What requests say, read so that it cannot be wrong.

use std::fmt::Display;
use std::str::FromStr;

use api::invalid;
use events::UserId;
use lambda::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

/// The longest title, in characters.
const TITLE: usize = 300;
/// The longest content of a thread or comment, in characters.
const CONTENT: usize = 20_000;

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

/// What a thread is to be called: a text without control characters.
pub(crate) fn title(text: String) -> Result<String, Problem> {
    if says_something(&text, TITLE) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let detail =
        format!("The title is not 1 to {TITLE} characters that say something, of which none is a control character.");
    Err(invalid("title", detail))
}

/// What a thread or comment is to say: a text, without control characters but for those that separate lines and columns. Others take up
/// to seven bytes each in what a function answers, where no character that is taken has more than four.
pub(crate) fn content(text: String) -> Result<String, Problem> {
    let is_taken = |character: char| !character.is_control() || matches!(character, '\n' | '\r' | '\t');
    if says_something(&text, CONTENT) && text.chars().all(is_taken) {
        return Ok(text);
    }
    let detail = format!(
        "The content is not 1 to {CONTENT} characters that say something, of which none is a control character other than \
         line feed, carriage return and tab."
    );
    Err(invalid("content", detail))
}

fn says_something(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most
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

    type Read = fn(String) -> Result<String, Problem>;

    #[test]
    fn a_text_is_measured_in_characters_and_kept_as_it_is() {
        for character in ["a", "é", "\u{1f600}"] {
            let fields: [(Read, usize); 2] = [(title, TITLE), (content, CONTENT)];
            for (read, longest) in fields {
                let taken = character.repeat(longest);
                assert_eq!(read(taken.clone()).unwrap(), taken);
                assert!(read(character.repeat(longest + 1)).is_err(), "{character}");
            }
        }
        assert_eq!(title(" a ".to_owned()).unwrap(), " a ");
        for nothing in ["", " ", "\u{a0}\u{2003}", " \t\r\n"] {
            assert!(title(nothing.to_owned()).is_err() && content(nothing.to_owned()).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn of_control_characters_content_has_those_of_lines_and_columns_and_a_title_has_none() {
        for control in (0..=u8::MAX).map(char::from).filter(|character| character.is_control()) {
            let text = format!("a{control}b");
            assert!(title(text.clone()).is_err(), "{control:?}");
            assert_eq!(content(text).is_ok(), ['\n', '\r', '\t'].contains(&control), "{control:?}");
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
