use std::collections::{BTreeMap, BTreeSet, HashMap};

use consumer::Effect;
use store::user_auth_events::AuthEvent;
use store::users::User;

use crate::told::Told;

/// The part of the directory that a batch is about, and what becomes of it: events are told to it one after another.
#[derive(Debug, Default)]
pub(crate) struct Directory<'a> {
    pub(crate) users: BTreeMap<String, User>,
    /// Who has the addresses, by their keys.
    pub(crate) holders: HashMap<String, String>,
    pub(crate) new: BTreeSet<String>,
    pub(crate) changed: BTreeSet<String>,
    /// What is to be added to the history.
    pub(crate) history: Vec<&'a AuthEvent>,
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

    /// The refusal of an address that somebody else has.
    pub(crate) fn taken(&self, email_key: &str, user_id: &str) -> Option<Effect> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::told::Update;

    fn moves(user_id: &str, email: &str) -> Told {
        let (user_id, email) = (user_id.to_owned(), Some((email.to_owned(), email.to_owned())));
        Told::Updated(Update { user_id, email, user_type: None, display_name: None, version: "1".to_owned() })
    }

    /// Who has lost an address to another at the end, and not on the way.
    #[test]
    fn the_robbed_are_those_whose_address_another_has_at_the_end() {
        let user = |id: &str| User { user_id: id.to_owned(), email_key: Some(format!("{id}@x")), ..User::default() };
        let users = ["a", "b", "c", "d"].map(user).to_vec();
        let holders = ["a", "b", "c", "d"].map(|id| (format!("{id}@x"), id.to_owned())).to_vec();
        let told = [moves("a", "new@x"), moves("b", "a@x"), moves("c", "b@x"), moves("d", "d@x")];
        let mut directory = Directory::new(users, holders);
        for told in &told {
            assert_eq!(directory.tell(told).unwrap(), Effect::Applied);
        }
        assert_eq!(directory.robbed(), ["a", "b"]);
        assert_eq!(directory.changed_users().len(), 4);
    }
}
