use crate::DecodeError;

/// The longest part of what was sent that a flaw repeats, in bytes.
const REPEATED: usize = 200;

/// Why an event is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where, such as `data.email` or `id`; empty where it is the event as a whole.
    pub field: String,
    /// What is wrong there.
    pub reason: String,
}

/// A body that nothing can be read from.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is a batch of more events than that.
    #[error("it has more than {0} events")]
    TooMany(usize),
    /// It is not the JSON that it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Flaw {
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: cut(field.into()), reason: cut(reason.into()) }
    }

    /// The same, in another place.
    pub(super) fn at(self, field: impl Into<String>) -> Self {
        Self { field: cut(field.into()), ..self }
    }
}

impl From<DecodeError> for Flaw {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NotCloudEvent(reason) => Self::new("", reason),
            DecodeError::Missing(name) => Self::new(name, "is missing"),
            DecodeError::Attribute { name, reason } => Self::new(name, reason),
            DecodeError::UnknownType(_) => Self::new("type", "is not known"),
            DecodeError::Version { expected, .. } => {
                Self::new("dataschema", format!("is not {expected} or a later minor version of it"))
            }
            DecodeError::Data { path, reason, .. } => Self::new(in_data(&path), reason),
        }
    }
}

/// The field of a place in the data.
pub(super) fn in_data(path: &str) -> String {
    if path.is_empty() { "data".to_owned() } else { format!("data.{path}") }
}

pub(super) fn text_of(body: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(body).map_err(|_| Unreadable::NotUtf8)
}

fn cut(mut text: String) -> String {
    if text.len() > REPEATED {
        text.truncate(text.floor_char_boundary(REPEATED));
        text.push('…');
    }
    text
}
