use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use crate::Effect;

/// The first of those that have one id: it may make what the others are then compared with.
#[must_use]
pub fn firsts<'a, R>(rows: &[&'a R], id: impl Fn(&'a R) -> &'a str) -> Vec<&'a R> {
    let mut seen = HashSet::new();
    rows.iter().copied().filter(|row| seen.insert(id(row))).collect()
}

/// The ids of those that were there, or are told more than once here.
#[must_use]
pub fn told_again<'r>(ids: impl Iterator<Item = &'r str>, new: &HashSet<String, impl BuildHasher>) -> Vec<&'r str> {
    let mut left: HashSet<&str> = new.iter().map(String::as_str).collect();
    ids.filter(|id| !left.remove(id)).collect()
}

/// What became of rows, each with its id and content: the first of an id that is new took effect, and every other one is compared with
/// what is there. `what` it is that has the id, and `differences` are the fields, as the event calls them, in which two differ.
pub fn effects<C>(
    what: &str,
    rows: &[(&str, &C)],
    mut new: HashSet<String, impl BuildHasher>,
    there: &HashMap<String, C, impl BuildHasher>,
    differences: impl Fn(&C, &C) -> Vec<String>,
) -> Result<Vec<Effect>, store::Error> {
    rows.iter()
        .map(|(id, content)| {
            if new.remove(*id) {
                return Ok(Effect::Applied);
            }
            let names = differences(there.get(*id).ok_or(store::Error::RowNotFound)?, content);
            if names.is_empty() {
                return Ok(Effect::Duplicate);
            }
            let reason = format!("the {what} {id} is there already, with another value of: {}", names.join(", "));
            Ok(Effect::Refused { class: "other-content", reason })
        })
        .collect()
}

/// The names of the fields that are not the same.
#[must_use]
pub fn differing(fields: &[(&str, bool)]) -> Vec<String> {
    fields.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Content = (u64, u64);

    fn differences(one: &Content, other: &Content) -> Vec<String> {
        differing(&[("first", one.0 == other.0), ("second", one.1 == other.1)])
    }

    #[test]
    fn the_first_of_an_id_takes_effect_and_others_are_compared_with_what_is_there() {
        let there = HashMap::from([("a-1".to_owned(), (1, 1)), ("a-2".to_owned(), (1, 1))]);
        let rows = [("a-1", &(1, 1)), ("a-1", &(1, 1)), ("a-2", &(1, 1)), ("a-1", &(2, 3))];
        let effects = effects("article", &rows, HashSet::from(["a-1".to_owned()]), &there, differences).unwrap();
        let reason = "the article a-1 is there already, with another value of: first, second".to_owned();
        let refused = Effect::Refused { class: "other-content", reason };
        assert_eq!(effects, [Effect::Applied, Effect::Duplicate, Effect::Duplicate, refused]);
    }

    #[test]
    fn what_neither_is_new_nor_there_is_an_error_and_no_effect() {
        assert!(effects("article", &[("a-1", &(1, 1))], HashSet::new(), &HashMap::new(), differences).is_err());
    }

    #[test]
    fn what_was_there_and_what_comes_twice_is_told_again() {
        let new = HashSet::from(["new".to_owned(), "twice".to_owned()]);
        assert_eq!(told_again(["new", "there", "twice", "twice"].into_iter(), &new), ["there", "twice"]);
        assert_eq!(firsts(&[&"a", &"b", &"a"], |row| *row), [&"a", &"b"]);
    }
}
