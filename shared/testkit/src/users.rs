use events::{AuthAction, AuthStatus, Data, Event, SystemAudit, Text, UserAuth, UserRegistered, UserUpdated};
use time::macros::datetime;

/// A user of the type `student` registered with this address. As of the others below, each has an id of its own and one time.
#[must_use]
pub fn user_registered(user_id: &str, email: &str) -> Event {
    event(Data::UserRegistered(UserRegistered {
        user_id: user_id.parse().expect("a user id"),
        user_type: text("student"),
        email: email.parse().expect("an address"),
        display_name: None,
    }))
}

/// Fields of a user have new values, by their names on the wire. One whose name is not known is only named.
#[must_use]
pub fn user_updated(user_id: &str, fields: &[(&str, &str)]) -> Event {
    let value = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    event(Data::UserUpdated(UserUpdated {
        user_id: user_id.parse().expect("a user id"),
        updated_fields: fields.iter().map(|(name, _)| text(name)).collect(),
        user_type: value("userType").map(text),
        email: value("email").map(|email| email.parse().expect("an address")),
        display_name: value("displayName").map(text),
    }))
}

/// A user did something, from 192.0.2.77 and with the `User-Agent` `Agent of the test`.
#[must_use]
pub fn user_auth(user_id: &str, action: AuthAction, status: AuthStatus) -> Event {
    event(Data::UserAuth(UserAuth {
        user_id: user_id.parse().expect("a user id"),
        action,
        status,
        ip_address: Some([192, 0, 2, 77].into()),
        user_agent: Some(text("Agent of the test")),
    }))
}

/// A user, or `key:` and the id of a key, did this to a resource, with success.
#[must_use]
pub fn system_audit(user_id: &str, action: &str, resource: &str) -> Event {
    event(Data::SystemAudit(SystemAudit {
        event_type: text("test.done"),
        user_id: user_id.parse().expect("a user id"),
        action: text(action),
        resource: text(resource),
        status: text("success"),
        detail: None,
    }))
}

/// An event with an id of its own, made at the one time.
pub(crate) fn event(data: Data) -> Event {
    let now = datetime!(2026-11-21 09:30 UTC);
    Event {
        id: crate::uuid_at(now).into(),
        source: text("/test"),
        time: now,
        subject: None,
        sequence: None,
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        data,
    }
}

pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("a short text")
}
