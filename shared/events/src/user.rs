use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::Text;

/// Who a user is: 1 to 128 of `A-Z a-z 0-9 - _ . :`. It stays in the audit log when a person is erased, so it must say nothing about
/// them; that it can be no mail address is on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

/// A text that is no user id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not 1 to 128 of the characters A-Z, a-z, 0-9, -, _, . and :")]
pub struct InvalidUserId;

/// What the ids of those begin with who act through the service itself: API keys, and operators. Nobody else speaks for them.
const OWN_ACTORS: [&str; 2] = ["key:", "operator:"];

impl UserId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an API key or an operator, whose deeds our own functions put on record.
    #[must_use]
    pub fn is_own_actor(&self) -> bool {
        OWN_ACTORS.iter().any(|beginning| self.0.starts_with(beginning))
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, InvalidUserId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidUserId)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A mail address, as it was given: something, an `@` and a domain, at most 254 bytes. Whether mail arrives there only mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// A text that is no mail address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is no mail address of at most 254 bytes")]
pub struct InvalidEmail;

impl Email {
    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two addresses share that differ in nothing but upper and lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let is_plain = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        let parts = text.rsplit_once('@').filter(|(local, domain)| is_plain(local) && is_plain(domain));
        (parts.is_some() && text.len() <= 254).then(|| Self(text.to_owned())).ok_or(InvalidEmail)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a user is to the application that registered them, such as `student`.
pub type UserType = Text<64>;

/// `user.registered` 1.0: there is a new user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    /// The new user.
    pub user_id: UserId,
    /// What kind of user that is.
    pub user_type: UserType,
    /// Their address, which no other user has, whatever its upper and lower case.
    pub email: Email,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text<256>>,
}

/// `user.updated` 1.0: fields of a user have new values. Each of the fields below that is named has its value here, and none else has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", try_from = "Update")]
pub struct UserUpdated {
    /// The user.
    pub user_id: UserId,
    /// Names of the fields, at least one; names that are not known here are kept in the audit log and change nothing else.
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64))]
    pub updated_fields: Vec<Text<64>>,
    /// The new kind of user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// The new address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text<256>>,
}

/// As it stands on the wire, before names and values are compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    user_id: UserId,
    updated_fields: Vec<Text<64>>,
    user_type: Option<UserType>,
    email: Option<Email>,
    display_name: Option<Text<256>>,
}

/// The most fields that one event may name.
const MOST_FIELDS: usize = 64;

impl TryFrom<Update> for UserUpdated {
    type Error = String;

    fn try_from(update: Update) -> Result<Self, String> {
        if update.updated_fields.is_empty() || update.updated_fields.len() > MOST_FIELDS {
            return Err(format!("updatedFields names none, or more than {MOST_FIELDS}"));
        }
        let given = [
            ("userType", update.user_type.is_some()),
            ("email", update.email.is_some()),
            ("displayName", update.display_name.is_some()),
        ];
        for (field, is_given) in given {
            let is_named = update.updated_fields.iter().any(|name| name.as_str() == field);
            match (is_named, is_given) {
                (true, false) => return Err(format!("updatedFields names {field}, whose new value is missing")),
                (false, true) => return Err(format!("{field} has a value, and updatedFields does not name it")),
                _ => {}
            }
        }
        let Update { user_id, updated_fields, user_type, email, display_name } = update;
        Ok(Self { user_id, updated_fields, user_type, email, display_name })
    }
}

/// `user.auth` 1.0: a user did something that has to do with who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserAuth {
    /// The user.
    pub user_id: UserId,
    /// What they did.
    pub action: AuthAction,
    /// Whether it succeeded.
    pub status: AuthStatus,
    /// The address of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<crate::schema::Address>))]
    pub ip_address: Option<IpAddr>,
    /// `User-Agent`, as the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Text<1024>>,
}

/// What a user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthAction {
    /// They logged in.
    Login,
    /// They logged out.
    Logout,
    /// They changed their password.
    PasswordChanged,
}

impl AuthAction {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::PasswordChanged => "password_changed",
        }
    }
}

/// Whether something succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthStatus {
    /// It did.
    Success,
    /// It did not.
    Failure,
}

impl AuthStatus {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_can_be_no_mail_address() {
        for text in ["u-1", "01932d3c-0000-7000-8000-000000000001", "key:a.b_C", &"x".repeat(128)] {
            assert_eq!(text.parse::<UserId>().unwrap().as_str(), text);
        }
        for text in ["", "bob@example.com", "a b", "ü", "a\0", "a/b", &"x".repeat(129)] {
            assert_eq!(text.parse::<UserId>(), Err(InvalidUserId), "{text}");
        }
    }

    #[test]
    fn keys_and_operators_are_own_actors_and_users_are_not() {
        for (text, is_own) in [
            ("key:0123456789ab", true),
            ("operator:ada", true),
            ("key:", true),
            ("key", false),
            ("keys:1", false),
            ("u-1", false),
            ("x:key:1", false),
        ] {
            assert_eq!(text.parse::<UserId>().unwrap().is_own_actor(), is_own, "{text}");
        }
    }

    #[test]
    fn a_mail_address_keeps_its_case_and_has_a_key_without() {
        let email: Email = "Bob.Ö@Example.COM".parse().unwrap();
        assert_eq!((email.as_str(), email.key().as_str()), ("Bob.Ö@Example.COM", "bob.ö@example.com"));
        for text in ["", "bob", "@example.com", "bob@", "b ob@example.com", "bob@exa\nmple.com", "bob\0@example.com"] {
            assert_eq!(text.parse::<Email>(), Err(InvalidEmail), "{text:?}");
        }
        assert_eq!(format!("{}@example.com", "x".repeat(243)).parse::<Email>(), Err(InvalidEmail));
    }

    #[test]
    fn an_update_gives_a_value_for_what_it_names_and_for_nothing_else() {
        let read = |json: &str| serde_json::from_str::<UserUpdated>(json).map_err(|error| error.to_string());
        let phone = read(r#"{"userId":"u","updatedFields":["email","phone"],"email":"a@b","phone":"1"}"#).unwrap();
        assert_eq!(phone.email.unwrap().as_str(), "a@b");
        for (json, reason) in [
            (r#"{"userId":"u","updatedFields":[]}"#, "updatedFields names none"),
            (r#"{"userId":"u","updatedFields":["email"]}"#, "names email, whose new value is missing"),
            (r#"{"userId":"u","updatedFields":["email"],"email":null}"#, "names email, whose new value is missing"),
            (r#"{"userId":"u","updatedFields":["email"],"email":"a@b","userType":"x"}"#, "userType has a value"),
            (r#"{"userId":"u","email":"a@b"}"#, "missing field `updatedFields`"),
        ] {
            assert!(read(json).unwrap_err().contains(reason), "{json}: {:?}", read(json));
        }
    }
}
