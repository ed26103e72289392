use events::intake::is_taken_as_source;
use events::{InvalidText, OWN_SOURCES, Source, SystemAudit, Text, UserId};
use store::api_keys::ApiKey;
use time::OffsetDateTime;

use crate::{Grant, InvalidGrant, Key, Scope};

/// The most sources that a key may name.
const MOST_SOURCES: usize = 50;

/// What a key that is to be made is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    name: Text<128>,
    scopes: Vec<Grant>,
    sources: Vec<String>,
    expires_at: Option<OffsetDateTime>,
}

/// Why a key cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidNewKey {
    /// The name is no text of 1 to 128 bytes.
    #[error("the name {0}")]
    Name(InvalidText),
    /// The name would break a line or a table.
    #[error("the name contains a control character")]
    NameControl,
    /// A scope is none.
    #[error(transparent)]
    Scope(#[from] InvalidGrant),
    /// It could do nothing.
    #[error("there is no scope")]
    NoScope,
    /// A source is none.
    #[error("a source {0}")]
    Source(InvalidText),
    /// A source is one that no event may have.
    #[error("a source is no URI reference: it has a space, a control character, or one of \"<>\\^`{{|}}")]
    NoReference,
    /// A source is one of our own functions, whose events no key may send.
    #[error("sources that begin with {OWN_SOURCES} are those of the service itself")]
    OwnSource,
    /// It could send events of no source, or of more than one can look over.
    #[error("a key that may send events has 1 to 50 sources, or * for any")]
    Sources,
    /// It would never be good.
    #[error("the moment of expiry is not in the future")]
    Expired,
}

impl InvalidNewKey {
    /// The field of a request that has to be mended.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::NameControl => "name",
            Self::Scope(_) | Self::NoScope => "scopes",
            Self::Source(_) | Self::NoReference | Self::OwnSource | Self::Sources => "sources",
            Self::Expired => "expiresAt",
        }
    }
}

impl NewKey {
    /// A key with this name, these scopes and sources, good until then.
    pub fn new(
        name: &str,
        scopes: &[String],
        sources: &[String],
        expires_at: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<Self, InvalidNewKey> {
        let name: Text<128> = Text::new(name).map_err(InvalidNewKey::Name)?;
        if name.as_str().contains(char::is_control) {
            return Err(InvalidNewKey::NameControl);
        }
        let scopes: Vec<Grant> = scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            return Err(InvalidNewKey::NoScope);
        }
        let sends = scopes.iter().any(|grant| grant.covers(Scope::Events));
        if (sends && sources.is_empty()) || sources.len() > MOST_SOURCES {
            return Err(InvalidNewKey::Sources);
        }
        for source in sources {
            let source = Source::new(source.as_str()).map_err(InvalidNewKey::Source)?;
            if !is_taken_as_source(&source) {
                return Err(InvalidNewKey::NoReference);
            }
            if source.as_str().starts_with(OWN_SOURCES) {
                return Err(InvalidNewKey::OwnSource);
            }
        }
        if expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(InvalidNewKey::Expired);
        }
        Ok(Self { name, scopes: once_each(scopes), sources: once_each(sources.to_vec()), expires_at })
    }

    /// What is kept of it under this key. The database keeps microseconds, so its moments have no finer ones.
    #[must_use]
    pub fn row(self, key: &Key, created_by: &UserId, now: OffsetDateTime) -> ApiKey {
        ApiKey {
            key_id: key.id().to_owned(),
            name: self.name.into_string(),
            secret_sha256: key.secret_sha256().to_vec(),
            scopes: self.scopes.iter().map(Grant::to_string).collect(),
            sources: self.sources,
            created_at: to_micros(now),
            created_by: created_by.to_string(),
            expires_at: self.expires_at.map(to_micros),
            last_used_at: None,
            revoked_at: None,
        }
    }
}

/// For the audit log: somebody made a key that may do this.
#[must_use]
pub fn key_created(actor: UserId, key_id: &str, scopes: &[String]) -> SystemAudit {
    record(actor, ["key.created", "create"], key_id, scopes)
}

/// For the audit log: somebody revoked a key that might do this.
#[must_use]
pub fn key_revoked(actor: UserId, key_id: &str, scopes: &[String]) -> SystemAudit {
    record(actor, ["key.revoked", "revoke"], key_id, scopes)
}

fn record(actor: UserId, [event_type, action]: [&str; 2], key_id: &str, scopes: &[String]) -> SystemAudit {
    SystemAudit {
        event_type: Text::new(event_type).expect("a short text"),
        user_id: actor,
        action: Text::new(action).expect("a short text"),
        resource: Text::cut(format!("keys/{key_id}").as_bytes()).expect("not empty"),
        status: Text::new("success").expect("a short text"),
        detail: Text::cut(scopes.join(" ").as_bytes()),
    }
}

fn to_micros(moment: OffsetDateTime) -> OffsetDateTime {
    moment.replace_nanosecond(moment.microsecond() * 1000).expect("less than a second")
}

/// Without what stands there a second time.
fn once_each<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    all.into_iter().fold(Vec::new(), |mut seen, one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
        seen
    })
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

    fn new(name: &str, scopes: &[&str], sources: &[&str], lives: i64) -> Result<NewKey, InvalidNewKey> {
        let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        NewKey::new(name, &texts(scopes), &texts(sources), Some(NOW + Duration::seconds(lives)), NOW)
    }

    #[test]
    fn what_is_wrong_with_a_new_key_is_said_of_its_field() {
        let many: Vec<String> = (0..=MOST_SOURCES).map(|n| format!("/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let cases = [
            (new("", &["links"], &[], 1), "name"),
            (new(&"x".repeat(129), &["links"], &[], 1), "name"),
            (new("a\0", &["links"], &[], 1), "name"),
            (new("a\nb", &["links"], &[], 1), "name"),
            (new("a", &[], &[], 1), "scopes"),
            (new("a", &["links", "all"], &[], 1), "scopes"),
            (new("a", &["events:link.clicked"], &["/a"], 1), "scopes"),
            (new("a", &["events:*"], &[], 1), "sources"),
            (new("a", &["links", "events:user.auth"], &[], 1), "sources"),
            (new("a", &["events:*"], &[""], 1), "sources"),
            (new("a", &["events:*"], &["/a", "/onceward/redirect"], 1), "sources"),
            (new("a", &["events:*"], &["/a b"], 1), "sources"),
            (new("a", &["events:*"], &["/a", " /b"], 1), "sources"),
            (new("a", &["events:*"], &["/a\u{7f}"], 1), "sources"),
            (new("a", &["events:*"], &["/a\u{fffe}"], 1), "sources"),
            (new("a", &["links"], &["<a>"], 1), "sources"),
            (new("a", &["links"], &many, 1), "sources"),
            (new("a", &["links"], &[], 0), "expiresAt"),
        ];
        for (refused, field) in cases {
            assert_eq!(refused.unwrap_err().field(), field);
        }
    }

    #[test]
    fn a_key_is_kept_with_each_scope_and_source_once() {
        let new = new("shop", &["events:user.auth", "read", "read"], &["/shop", "/shop", "*"], 1).unwrap();
        let key: Key = format!("onceward_0123456789ab_{}", "A".repeat(43)).parse().unwrap();
        let row = new.row(&key, &"operator:ada".parse().unwrap(), NOW);
        assert_eq!(row.scopes, ["events:user.auth", "read"]);
        assert_eq!(row.sources, ["/shop", "*"]);
        assert_eq!((row.key_id.as_str(), row.created_by.as_str()), ("0123456789ab", "operator:ada"));
        let made = key_created("operator:ada".parse().unwrap(), &row.key_id, &row.scopes);
        assert_eq!(made.resource.as_str(), "keys/0123456789ab");
        assert_eq!(made.detail.unwrap().as_str(), "events:user.auth read");
    }
}
