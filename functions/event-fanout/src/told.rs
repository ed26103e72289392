use store::user_auth_events::AuthEvent;
use time::OffsetDateTime;

/// What an event tells of a user.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Registered(Registration),
    Updated(Update),
    Authenticated(Authentication),
    /// Something that is for the audit log alone.
    Audited,
}

/// There is a new user.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) user_id: String,
    pub(crate) user_type: String,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) display_name: Option<String>,
    pub(crate) version: String,
    pub(crate) registered_at: OffsetDateTime,
}

/// Fields of a user have new values.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) user_id: String,
    pub(crate) user_type: Option<String>,
    /// As it was given, and in lower case.
    pub(crate) email: Option<(String, String)>,
    pub(crate) display_name: Option<String>,
    pub(crate) version: String,
}

/// A user did something that has to do with who they are.
#[derive(Debug, Clone)]
pub(crate) struct Authentication {
    pub(crate) event: AuthEvent,
    /// What it says of logins.
    pub(crate) login: Option<Login>,
}

/// How a login went.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Login {
    /// It succeeded, and counts as of this time.
    Succeeded(OffsetDateTime),
    Failed,
}
