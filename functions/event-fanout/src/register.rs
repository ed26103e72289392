use consumer::Effect;
use store::users::User;

use crate::directory::Directory;
use crate::told::Registration;

impl Directory<'_> {
    /// There is a new user; or they are there already, or their address is somebody else's.
    pub(crate) fn register(&mut self, registration: &Registration) -> Effect {
        if let Some(user) = self.users.get(&registration.user_id) {
            return compare(user, registration);
        }
        if let Some(taken) = self.taken(&registration.email_key, &registration.user_id) {
            return taken;
        }
        let version = Some(registration.version.clone());
        let user = User {
            user_id: registration.user_id.clone(),
            user_type: Some(registration.user_type.clone()),
            email: Some(registration.email.clone()),
            email_key: Some(registration.email_key.clone()),
            display_name: registration.display_name.clone(),
            user_type_version: version.clone(),
            email_version: version.clone(),
            // What it does not name it does not set.
            display_name_version: version.clone().filter(|_| registration.display_name.is_some()),
            registered_version: version,
            registered_at: Some(registration.registered_at),
            ..User::default()
        };
        self.holders.insert(registration.email_key.clone(), user.user_id.clone());
        self.new.insert(user.user_id.clone());
        self.users.insert(user.user_id.clone(), user);
        Effect::Applied
    }
}

/// What becomes of the registration of a user who is there.
fn compare(user: &User, registration: &Registration) -> Effect {
    if user.erased_at.is_some() {
        return Effect::Stale;
    }
    // A field that was updated since says nothing of how they registered.
    let as_registered = |version: &Option<String>| version.is_none() || *version == user.registered_version;
    let differs: Vec<&str> = [
        ("userType", &user.user_type_version, user.user_type.as_ref() != Some(&registration.user_type)),
        ("email", &user.email_version, user.email.as_ref() != Some(&registration.email)),
        ("displayName", &user.display_name_version, user.display_name != registration.display_name),
    ]
    .into_iter()
    .filter(|(_, version, differs)| *differs && as_registered(version))
    .map(|(name, ..)| name)
    .collect();
    if differs.is_empty() {
        // Another event all the same, which has to be on record.
        return Effect::Stale;
    }
    let reason = format!("the user is registered already, with other values of: {}", differs.join(", "));
    Effect::Refused { class: "already-registered", reason }
}
