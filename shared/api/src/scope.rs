use std::fmt;
use std::str::FromStr;

use events::EventType;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What a route asks of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// To send events, of which types the key says.
    Events,
    /// To make links and look at them.
    Links,
    /// To write threads and comments, to vote on them, and to read them.
    Discussions,
    /// To read what events have come to.
    Read,
    /// To look into failures and mend them, to erase people, and to make and revoke keys.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Events, Self::Links, Self::Discussions, Self::Read, Self::Admin];

    /// The name, as documents and problems say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Links => "links",
            Self::Discussions => "discussions",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// What a key may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// To send events of any type that is taken from outside: `events:*`.
    AllEvents,
    /// To send events of one type, such as `events:user.registered`.
    Events(EventType),
    /// `links`
    Links,
    /// `discussions`
    Discussions,
    /// `read`
    Read,
    /// `admin`
    Admin,
}

/// A text that is no grant, as far as it is repeated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is no scope: there are links, discussions, read, admin, events:* and events:<type> of a type that is taken from outside"
)]
pub struct InvalidGrant(String);

impl Grant {
    /// Whether it is what a route asks for.
    #[must_use]
    pub fn covers(self, scope: Scope) -> bool {
        match self {
            Self::AllEvents | Self::Events(_) => scope == Scope::Events,
            Self::Links => scope == Scope::Links,
            Self::Discussions => scope == Scope::Discussions,
            Self::Read => scope == Scope::Read,
            Self::Admin => scope == Scope::Admin,
        }
    }
}

impl FromStr for Grant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let of_type = |name| EventType::from_name(name).filter(|of| of.is_taken_from_outside()).map(Self::Events);
        let grant = match text {
            "events:*" => Some(Self::AllEvents),
            "links" => Some(Self::Links),
            "discussions" => Some(Self::Discussions),
            "read" => Some(Self::Read),
            "admin" => Some(Self::Admin),
            _ => text.strip_prefix("events:").and_then(of_type),
        };
        grant.ok_or_else(|| InvalidGrant(text.chars().take(40).collect()))
    }
}

impl PartialSchema for Grant {
    fn schema() -> RefOr<Schema> {
        let of_types = EventType::ALL.into_iter().filter(|of| of.is_taken_from_outside()).map(Self::Events);
        let all =
            [Self::Links, Self::Discussions, Self::Read, Self::Admin, Self::AllEvents].into_iter().chain(of_types);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all.map(|grant| grant.to_string()))).into()
    }
}

impl ToSchema for Grant {}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllEvents => f.write_str("events:*"),
            Self::Events(event_type) => write!(f, "events:{event_type}"),
            Self::Links => f.write_str("links"),
            Self::Discussions => f.write_str("discussions"),
            Self::Read => f.write_str("read"),
            Self::Admin => f.write_str("admin"),
        }
    }
}
