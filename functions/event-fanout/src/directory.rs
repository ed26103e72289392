use std::collections::{BTreeMap, BTreeSet, HashMap};

use consumer::Effect;
use store::user_auth_events::AuthEvent;
use store::users::User;

use crate::row::{Authentication, Login, Registration, Told, Update};

/// The part of the directory that a batch is about, and what becomes of it: events are told to it one after another.
#[derive(Debug, Default)]
pub(crate) struct Directory<'a> {
    users: BTreeMap<String, User>,
    /// Who has the addresses, by their keys.
    holders: HashMap<String, String>,
    new: BTreeSet<String>,
    changed: BTreeSet<String>,
    history: Vec<&'a AuthEvent>,
    /// Addresses that somebody had when it began, with who that was.
    held_before: HashMap<String, String>,
}

impl<'a> Directory<'a> {
    /// As it is: users, and who has which of the addresses in question.
    pub(crate) fn new(users: Vec<User>, holders: Vec<(String, String)>) -> Self {
        let held_before: HashMap<String, String> = holders.into_iter().collect();
        Self {
            users: users.into_iter().map(|user| (user.user_id.clone(), user)).collect(),
            holders: held_before.clone(),
            held_before,
            ..Self::default()
        }
    }

    /// What becomes of an event. Whoever it is about is known to be there, where it needs them.
    pub(crate) fn tell(&mut self, told: &'a Told) -> Result<Effect, store::Error> {
        Ok(match told {
            Told::Registered(registration) => self.register(registration),
            Told::Updated(update) => self.update(update).ok_or(store::Error::RowNotFound)?,
            Told::Authenticated(authentication) => {
                self.authenticate(authentication).ok_or(store::Error::RowNotFound)?
            }
            Told::Audited => Effect::Applied,
        })
    }

    fn register(&mut self, registration: &Registration) -> Effect {
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

    /// Nothing where the user is not there.
    fn update(&mut self, update: &Update) -> Option<Effect> {
        let user = self.users.get(&update.user_id)?;
        if user.erased_at.is_some() {
            return Some(Effect::Stale);
        }
        let version = Some(&update.version);
        let email = update.email.as_ref().filter(|_| user.email_version.as_ref() < version);
        let user_type = update.user_type.as_ref().filter(|_| user.user_type_version.as_ref() < version);
        let display_name = update.display_name.as_ref().filter(|_| user.display_name_version.as_ref() < version);
        if let Some(taken) = email.and_then(|(_, key)| self.taken(key, &update.user_id)) {
            return Some(taken);
        }
        let names_none = update.email.is_none() && update.user_type.is_none() && update.display_name.is_none();
        if email.is_none() && user_type.is_none() && display_name.is_none() {
            return Some(if names_none { Effect::Applied } else { Effect::Stale });
        }
        let user = self.users.get_mut(&update.user_id)?;
        if let Some((email, key)) = email {
            if let Some(freed) = user.email_key.replace(key.clone()) {
                self.holders.remove(&freed);
            }
            self.holders.insert(key.clone(), user.user_id.clone());
            (user.email, user.email_version) = (Some(email.clone()), version.cloned());
        }
        if user_type.is_some() {
            (user.user_type, user.user_type_version) = (user_type.cloned(), version.cloned());
        }
        if display_name.is_some() {
            (user.display_name, user.display_name_version) = (display_name.cloned(), version.cloned());
        }
        self.changed.insert(update.user_id.clone());
        Some(Effect::Applied)
    }

    /// Nothing where the user is not there.
    fn authenticate(&mut self, authentication: &'a Authentication) -> Option<Effect> {
        let event = &authentication.event;
        let user = self.users.get_mut(&event.user_id)?;
        if user.erased_at.is_some() {
            return Some(Effect::Stale);
        }
        match authentication.login {
            Some(Login::Succeeded(at)) => {
                (user.failed_logins, user.last_login_at) = (0, user.last_login_at.max(Some(at)));
            }
            Some(Login::Failed) => user.failed_logins = user.failed_logins.saturating_add(1),
            None => {}
        }
        if authentication.login.is_some() {
            self.changed.insert(event.user_id.clone());
        }
        self.history.push(event);
        Some(Effect::Applied)
    }

    /// The refusal of an address that somebody else has.
    fn taken(&self, email_key: &str, user_id: &str) -> Option<Effect> {
        let holder = self.holders.get(email_key).filter(|holder| *holder != user_id)?;
        let reason = format!("another user, {holder}, has the address");
        Some(Effect::Refused { class: "email-taken", reason })
    }

    /// Users that were not there.
    pub(crate) fn new_users(&self) -> Vec<&User> {
        self.new.iter().map(|id| &self.users[id]).collect()
    }

    /// Users that were there, and have changed.
    pub(crate) fn changed_users(&self) -> Vec<&User> {
        self.changed.difference(&self.new).map(|id| &self.users[id]).collect()
    }

    /// Of those, the ones whose address another of them has now.
    pub(crate) fn robbed(&self) -> Vec<&str> {
        let taken = self.changed.iter().filter_map(|id| Some((id, self.users[id].email_key.as_ref()?)));
        let robbed: BTreeSet<&str> = taken
            .filter_map(|(id, key)| Some((id, self.held_before.get(key)?)))
            .filter(|(id, holder)| id != holder)
            .map(|(_, holder)| holder.as_str())
            .collect();
        robbed.into_iter().collect()
    }

    /// What is to be added to the history.
    pub(crate) fn history(&self) -> &[&'a AuthEvent] {
        &self.history
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
        return Effect::Duplicate;
    }
    let reason = format!("the user is registered already, with other values of: {}", differs.join(", "));
    Effect::Refused { class: "already-registered", reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of which no two have one version.
    fn updates() -> impl Strategy<Value = Vec<Told>> {
        let value = || proptest::option::of("[ab]");
        let address = || proptest::option::of("[ABab]@x".prop_map(|email| (email.clone(), email.to_lowercase())));
        let update = (value(), address(), value(), "[0-9]");
        proptest::collection::vec(update, 1..10).prop_map(|updates| {
            let told = |(place, (user_type, email, display_name, version))| {
                let (user_id, version) = ("u-1".to_owned(), format!("{version}{place}"));
                Told::Updated(Update { user_id, user_type, email, display_name, version })
            };
            updates.into_iter().enumerate().map(told).collect()
        })
    }

    /// Whose own address is among those that the updates bring.
    fn registered() -> User {
        let version = Some("5".to_owned());
        User {
            user_id: "u-1".to_owned(),
            user_type: Some("c".to_owned()),
            email: Some("a@x".to_owned()),
            email_key: Some("a@x".to_owned()),
            user_type_version: version.clone(),
            email_version: version,
            ..User::default()
        }
    }

    fn row_after(updates: &[Told], batch: usize) -> User {
        updates.chunks(batch).fold(registered(), |user, updates| {
            let holder = (user.email_key.clone().unwrap(), user.user_id.clone());
            let mut directory = Directory::new(vec![user], vec![holder]);
            for told in updates {
                assert!(!matches!(directory.tell(told).unwrap(), Effect::Refused { .. }));
            }
            directory.users.remove("u-1").unwrap()
        })
    }

    proptest! {
        #[test]
        fn any_order_and_any_cut_of_a_user_s_updates_end_in_the_same_row(
            (updates, shuffled) in updates().prop_flat_map(|updates| (Just(updates.clone()), Just(updates).prop_shuffle())),
            batch in 1..10_usize,
        ) {
            prop_assert_eq!(row_after(&shuffled, batch), row_after(&updates, updates.len()));
        }
    }

    #[test]
    fn what_needs_a_user_who_is_not_there_is_an_error_and_no_effect() {
        let update = Update {
            user_id: "u-1".to_owned(),
            user_type: None,
            email: None,
            display_name: None,
            version: "1".to_owned(),
        };
        assert!(Directory::default().tell(&Told::Updated(update)).is_err());
    }
}
