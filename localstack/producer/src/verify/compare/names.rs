use std::collections::BTreeMap;

use super::letters::stray;
use super::miss::miss;
use crate::verify::Expected;
use crate::verify::found::{Found, Seen};
use crate::verify::verdict::Verdict;

/// Every update has come to its consumer, and users are called what the greatest sequence says.
pub(super) fn names(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut of_users: BTreeMap<&str, Vec<(bool, &str)>> = BTreeMap::new();
    for ((user, sequence), told) in &expected.names {
        let is_settled = found.seen.get(&told.event_id).is_some_and(Seen::is_settled);
        let what = format!("update {sequence} of user {user}");
        if is_settled {
            stray(&what, &told.event_id, found, verdict);
        } else {
            miss(&what, told, found, verdict);
        }
        of_users.entry(user).or_default().push((is_settled, told.what.as_str()));
    }
    for user in &found.users {
        let told = of_users.remove(user.user_id.as_str()).unwrap_or_default();
        if !is_right(user.display_name.as_deref(), &told) {
            verdict.unequal.push(format!("user {} has another display_name", user.user_id));
        }
    }
}

/// Whether a user may be called so after these updates, in the order of their sequences, of which some are settled. Of later ones,
/// which the inbox does not know, any is right.
fn is_right(name: Option<&str>, told: &[(bool, &str)]) -> bool {
    let newest = told.iter().rposition(|(is_settled, _)| *is_settled);
    match name {
        None => newest.is_none(),
        Some(name) => told[newest.unwrap_or(0)..].iter().any(|(_, told)| *told == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_called_what_the_latest_settled_update_says_or_one_after_it() {
        let told = [(true, "one"), (true, "two"), (false, "three")];
        for (name, right) in
            [(Some("one"), false), (Some("two"), true), (Some("three"), true), (Some("Eve"), false), (None, false)]
        {
            assert_eq!(is_right(name, &told), right, "{name:?}");
        }
    }

    #[test]
    fn a_user_whom_no_update_has_reached_has_no_name_or_one_of_those_on_their_way() {
        assert!(is_right(None, &[]) && is_right(None, &[(false, "one")]) && is_right(Some("one"), &[(false, "one")]));
        assert!(!is_right(Some("one"), &[]));
    }
}
