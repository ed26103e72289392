use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Text of at most `MAX` bytes without NUL (`PostgreSQL` stores none), and not empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// Why a text was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidText {
    /// It has no characters.
    #[error("is empty")]
    Empty,
    /// It is longer than allowed.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// It contains U+0000.
    #[error("contains a NUL character")]
    Nul,
}

impl<const MAX: usize> Text<MAX> {
    /// The text as it is, or why it cannot be taken.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        match text {
            _ if text.is_empty() => Err(InvalidText::Empty),
            _ if text.len() > MAX => Err(InvalidText::TooLong(MAX)),
            _ if text.contains('\0') => Err(InvalidText::Nul),
            _ => Ok(Self(text)),
        }
    }

    /// As much of any bytes as can be kept: other than UTF-8 replaced, NUL dropped, cut at `MAX`. None where nothing is left.
    #[must_use]
    pub fn cut(bytes: &[u8]) -> Option<Self> {
        let mut text: String = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX)]).replace('\0', "");
        text.truncate(text.floor_char_boundary(MAX));
        Self::new(text).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_cut_to_a_text_that_would_be_taken(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(text) = Text::<16>::cut(&bytes) {
                prop_assert!(Text::<16>::new(text.as_str()).is_ok());
            }
        }
    }

    #[test]
    fn a_text_that_fits_is_not_cut() {
        assert_eq!(Text::<8>::cut(b"12345678").unwrap().as_str(), "12345678");
    }

    #[test]
    fn text_over_the_limit_with_nul_or_empty_is_refused() {
        assert_eq!(Text::<4>::new("12345"), Err(InvalidText::TooLong(4)));
        assert_eq!(Text::<4>::new("1\0"), Err(InvalidText::Nul));
        assert_eq!(Text::<4>::new(""), Err(InvalidText::Empty));
    }
}
