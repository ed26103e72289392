//! Events of users and of the audit log.

use events::{
    AuthAction, AuthStatus, Data, Event, EventType, SystemAudit, Text, UserAuth, UserRegistered, UserUpdated,
};
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::uuid;

/// The envelope that the events of users are frozen in.
fn of_campus(data: Data) -> Event {
    Event {
        id: uuid!("01932d3c-6a00-7000-8000-00000000002b").into(),
        source: Text::new("/campus/accounts").unwrap(),
        time: datetime!(2026-11-21 09:30 UTC),
        subject: None,
        sequence: Text::new("12").ok(),
        correlation_id: Text::new("c-1").ok(),
        causation_id: None,
        traceparent: None,
        data,
    }
}

pub fn of_campus_json(event_type: &str, key: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": "01932d3c-6a00-7000-8000-00000000002b",
        "source": "/campus/accounts",
        "type": event_type,
        "time": "2026-11-21T09:30:00Z",
        "datacontenttype": "application/json",
        "dataschema": format!("urn:onceward:event:{event_type}:1.0"),
        "partitionkey": key,
        "sequence": "12",
        "correlationid": "c-1",
        "data": data
    })
}

/// Every type of users and of the audit log: all that it can say, and the least.
pub fn campus() -> Vec<(EventType, Event, Value)> {
    let registered = |display_name: Option<&str>| {
        Data::UserRegistered(UserRegistered {
            user_id: "u-1".parse().unwrap(),
            user_type: Text::new("student").unwrap(),
            email: "Ada@Example.com".parse().unwrap(),
            display_name: display_name.and_then(|name| Text::new(name).ok()),
        })
    };
    let updated_fields = |names: &[&str]| names.iter().map(|name| Text::new(*name).unwrap()).collect();
    let updated = Data::UserUpdated(UserUpdated {
        user_id: "u-1".parse().unwrap(),
        updated_fields: updated_fields(&["userType", "email", "displayName", "phone"]),
        user_type: Text::new("teacher").ok(),
        email: "ada@example.org".parse().ok(),
        display_name: Text::new("Ada L.").ok(),
    });
    let updated_least = Data::UserUpdated(UserUpdated {
        user_id: "u-1".parse().unwrap(),
        updated_fields: updated_fields(&["phone"]),
        user_type: None,
        email: None,
        display_name: None,
    });
    let auth = |action, status, about: Option<(&str, &str)>| {
        Data::UserAuth(UserAuth {
            user_id: "u-1".parse().unwrap(),
            action,
            status,
            ip_address: about.and_then(|(ip, _)| ip.parse().ok()),
            user_agent: about.and_then(|(_, agent)| Text::new(agent).ok()),
        })
    };
    let audit = |detail: Option<&str>| {
        Data::SystemAudit(SystemAudit {
            event_type: Text::new("key.created").unwrap(),
            user_id: "key:0123456789ab".parse().unwrap(),
            action: Text::new("create").unwrap(),
            resource: Text::new("keys/k1").unwrap(),
            status: Text::new("success").unwrap(),
            detail: detail.and_then(|detail| Text::new(detail).ok()),
        })
    };
    let audit_json = json!({"eventType": "key.created", "userId": "key:0123456789ab", "action": "create", "resource": "keys/k1", "status": "success"});
    let cases = [
        (
            registered(Some("Ada")),
            json!({"userId": "u-1", "userType": "student", "email": "Ada@Example.com", "displayName": "Ada"}),
        ),
        (registered(None), json!({"userId": "u-1", "userType": "student", "email": "Ada@Example.com"})),
        (
            updated,
            json!({"userId": "u-1", "updatedFields": ["userType", "email", "displayName", "phone"],
                "userType": "teacher", "email": "ada@example.org", "displayName": "Ada L."}),
        ),
        (updated_least, json!({"userId": "u-1", "updatedFields": ["phone"]})),
        (
            auth(AuthAction::Login, AuthStatus::Failure, Some(("2001:db8::1", "Mozilla/5.0"))),
            json!({"userId": "u-1", "action": "login", "status": "failure", "ipAddress": "2001:db8::1", "userAgent": "Mozilla/5.0"}),
        ),
        (
            auth(AuthAction::Logout, AuthStatus::Success, None),
            json!({"userId": "u-1", "action": "logout", "status": "success"}),
        ),
        (
            auth(AuthAction::PasswordChanged, AuthStatus::Success, None),
            json!({"userId": "u-1", "action": "password_changed", "status": "success"}),
        ),
        (audit(None), audit_json.clone()),
        (audit(Some("for the campus")), {
            let mut json = audit_json;
            json["detail"] = json!("for the campus");
            json
        }),
    ];
    cases.into_iter().map(enveloped).collect()
}

/// A payload and its JSON in that envelope.
pub fn enveloped((data, json): (Data, Value)) -> (EventType, Event, Value) {
    let event = of_campus(data);
    let json = of_campus_json(event.event_type().name(), event.key(), &json);
    (event.event_type(), event, json)
}
