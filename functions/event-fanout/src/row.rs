use consumer::{Entity, Reading, Record, Refusal, order_time, version};
use events::{AuthAction, AuthStatus, Data, Event, SystemAudit, UserAuth, UserRegistered, UserUpdated};
use store::audit_log::Entry;
use store::user_auth_events::AuthEvent;
use time::OffsetDateTime;

use crate::told::{Authentication, Login, Registration, Told, Update};

/// An event, as it is applied.
pub(crate) struct Row {
    pub(crate) told: Told,
    /// What the audit log says of it.
    pub(crate) entry: Entry,
}

impl Row {
    /// What an event is to this function; refuses what belongs on other topics.
    pub(crate) fn read(event: &Event, record: &Record) -> Result<Reading<Self>, Refusal> {
        let user = || Entity::new("user", event.key());
        let row = |told, said| Self { told, entry: entry(event, record, said) };
        let order_time = order_time(event.time, record.time);
        let version = || version(event, order_time);
        Ok(match &event.data {
            Data::UserRegistered(told) => {
                let said = Said::of_user(event, "registered");
                Reading::new(0, row(registered(told, version(), event.time), said)).creates(user())
            }
            Data::UserUpdated(told) => {
                let names: Vec<&str> = told.updated_fields.iter().map(|name| field_name(name.as_str())).collect();
                let said = Said { detail: Some(names.join(", ")), ..Said::of_user(event, "updated") };
                Reading::new(1, row(updated(told, version()), said)).needs(user())
            }
            Data::UserAuth(told) => {
                let said = Said { status: told.status.name(), ..Said::of_user(event, told.action.name()) };
                Reading::new(2, row(authenticated(told, event, order_time), said)).needs(user())
            }
            Data::SystemAudit(told) => Reading::new(3, row(Told::Audited, Said::of_audit(told))),
            Data::LinkClicked(_)
            | Data::OrderPlaced(_)
            | Data::PaymentSettled(_)
            | Data::InventoryAdjusted(_)
            | Data::ThreadCreated(_)
            | Data::ThreadViewed(_)
            | Data::ThreadEdited(_)
            | Data::ThreadDeleted(_)
            | Data::CommentAdded(_)
            | Data::CommentEdited(_)
            | Data::CommentDeleted(_)
            | Data::VoteCast(_) => return Err(Refusal::unexpected(event.event_type())),
        })
    }
}

/// What is put on record of an event, besides what all have: neither addresses nor names nor anything else about a person.
struct Said<'a> {
    event_type: &'a str,
    action: &'a str,
    resource: String,
    status: &'a str,
    detail: Option<String>,
}

impl<'a> Said<'a> {
    fn of_user(event: &'a Event, action: &'a str) -> Self {
        let (event_type, resource) = (event.event_type().name(), format!("users/{}", event.key()));
        Self { event_type, action, resource, status: "success", detail: None }
    }

    fn of_audit(audit: &'a SystemAudit) -> Self {
        Self {
            event_type: audit.event_type.as_str(),
            action: audit.action.as_str(),
            resource: audit.resource.to_string(),
            status: audit.status.as_str(),
            detail: audit.detail.as_ref().map(ToString::to_string),
        }
    }
}

fn entry(event: &Event, record: &Record, said: Said<'_>) -> Entry {
    Entry {
        chain: format!("{}/{}", record.topic, record.partition),
        event_source: event.source.to_string(),
        event_id: event.id.to_string(),
        event_type: said.event_type.to_owned(),
        user_id: event.key().to_owned(),
        action: said.action.to_owned(),
        resource: said.resource,
        status: said.status.to_owned(),
        detail: said.detail,
        is_stale: false,
        correlation_id: event.correlation_id.as_ref().map(ToString::to_string),
        causation_id: event.causation_id.as_ref().map(ToString::to_string),
        occurred_at: event.time,
    }
}

/// The name of an updated field, as it may stand on record for ever: what is no name may say something about the person.
fn field_name(name: &str) -> &str {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if is_name { name } else { "?" }
}

fn registered(told: &UserRegistered, version: String, registered_at: OffsetDateTime) -> Told {
    Told::Registered(Registration {
        user_id: told.user_id.to_string(),
        user_type: told.user_type.to_string(),
        email: told.email.to_string(),
        email_key: told.email.key(),
        display_name: told.display_name.as_ref().map(ToString::to_string),
        version,
        registered_at,
    })
}

fn updated(told: &UserUpdated, version: String) -> Told {
    Told::Updated(Update {
        user_id: told.user_id.to_string(),
        user_type: told.user_type.as_ref().map(ToString::to_string),
        email: told.email.as_ref().map(|email| (email.to_string(), email.key())),
        display_name: told.display_name.as_ref().map(ToString::to_string),
        version,
    })
}

fn authenticated(told: &UserAuth, event: &Event, order_time: OffsetDateTime) -> Told {
    let login = match (told.action, told.status) {
        (AuthAction::Login, AuthStatus::Success) => Some(Login::Succeeded(order_time)),
        (AuthAction::Login, AuthStatus::Failure) => Some(Login::Failed),
        (AuthAction::Logout | AuthAction::PasswordChanged, _) => None,
    };
    let event = AuthEvent {
        user_id: told.user_id.to_string(),
        event_source: event.source.to_string(),
        event_id: event.id.to_string(),
        action: told.action.name(),
        status: told.status.name(),
        ip_address: told.ip_address,
        user_agent: told.user_agent.as_ref().map(ToString::to_string),
        occurred_at: event.time,
    };
    Told::Authenticated(Authentication { event, login })
}
