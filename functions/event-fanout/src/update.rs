use consumer::Effect;

use crate::directory::Directory;
use crate::told::{Authentication, Login, Update};

impl<'a> Directory<'a> {
    /// Sets each field to which this gives a newer value. Nothing where the user is not there.
    pub(crate) fn update(&mut self, update: &Update) -> Option<Effect> {
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

    /// Adds to the history, and takes note of logins. Nothing where the user is not there.
    pub(crate) fn authenticate(&mut self, authentication: &'a Authentication) -> Option<Effect> {
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use store::users::User;

    use super::*;
    use crate::told::Told;

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
