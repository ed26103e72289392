use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A text that is no id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not 1 to 128 of the characters A-Z, a-z, 0-9, -, _, . and :")]
pub struct InvalidEntityId;

/// Makes a type of an id: 1 to 128 of `A-Z a-z 0-9 - _ . :`, upper and lower case apart.
macro_rules! entity_id {
    ($(#[$meaning:meta])* $name:ident) => {
        $(#[$meaning])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidEntityId;

            fn from_str(text: &str) -> Result<Self, InvalidEntityId> {
                is_entity_id(text).then(|| Self(text.to_owned())).ok_or(InvalidEntityId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

entity_id! {
    /// Which order.
    OrderId
}

entity_id! {
    /// Which payment. A refund is one of its own.
    PaymentId
}

entity_id! {
    /// Which adjustment of an inventory.
    AdjustmentId
}

entity_id! {
    /// Which kind of article: the shop's stock keeping unit.
    Sku
}

entity_id! {
    /// Which course.
    CourseId
}

entity_id! {
    /// Which thread of a discussion.
    ThreadId
}

entity_id! {
    /// Which comment, whatever its thread.
    CommentId
}

fn is_entity_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_stand_in_a_path_as_it_is() {
        for text in ["o-1", "01932d3c-0000-7000-8000-000000000001", "A.b_C:9", &"x".repeat(128)] {
            assert_eq!(text.parse::<OrderId>().unwrap().as_str(), text);
        }
        for text in ["", "a b", "ü", "a\0", "a/b", "a?b", "a%20b", &"x".repeat(129)] {
            assert_eq!(text.parse::<Sku>(), Err(InvalidEntityId), "{text:?}");
        }
    }
}
