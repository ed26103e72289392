use std::fmt::Write as _;

use crate::verify::{Expected, Found, Table, Verdict};

/// Rubbish is one dead letter each.
pub(super) fn letters(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let (mut least, mut most, mut there) = (0, 0, 0);
    let mut add = |bounds: (u64, u64), letters: u64| {
        least += i128::from(bounds.0);
        most += i128::from(bounds.1);
        there += i128::from(letters);
    };
    for (id, is_sure) in &expected.rubbish {
        let letters = found.letters.by_event.get(id).map_or(0, Vec::len) as u64;
        let bounds = (u64::from(*is_sure), 1);
        rubbish(&format!("event {id}"), bounds, letters, verdict);
        add(bounds, letters);
    }
    for (hash, bounds) in &expected.unreadable {
        let letters = found.letters.by_value.get(hash).copied().unwrap_or_default();
        rubbish(&format!("value {}…", beginning(hash)), *bounds, letters, verdict);
        add(*bounds, letters);
    }
    verdict.tables.push(Table { what: "dead letters".to_owned(), journal: least, most, database: there });
}

/// A sound event has no dead letter that anybody has to look at. Of one that is there all the same, its letter is noted.
pub(super) fn stray(what: &str, event_id: &str, found: &Found, verdict: &mut Verdict) {
    let letter = found.letters.left_of(event_id).filter(|letter| letter.state == "open");
    if let Some(letter) = letter {
        let why = format!("{}: {}", letter.error_class, letter.error);
        verdict.unequal.push(format!("{what} is there, and a dead letter as well: {why} (event {event_id})"));
    }
}

fn rubbish(what: &str, (least, most): (u64, u64), letters: u64, verdict: &mut Verdict) {
    if letters < least {
        verdict.missing.push(format!("the dead letter of the rubbish {what} is nowhere"));
    } else if letters > most {
        verdict.doubled.push(format!("the rubbish {what} is {letters} dead letters"));
    }
}

/// As many digits of a hash as tell it from others.
fn beginning(hash: &[u8]) -> String {
    let mut digits = String::new();
    for byte in hash.iter().take(6) {
        write!(digits, "{byte:02x}").expect("a string takes everything");
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::verify::found::Letters;

    /// What is said of rubbish that was sent so often, and is so many dead letters.
    fn verdict(bounds: (u64, u64), letters: u64) -> Verdict {
        let value = vec![0xab; 32];
        let expected = Expected { unreadable: BTreeMap::from([(value.clone(), bounds)]), ..Expected::default() };
        let letters = Letters { by_value: BTreeMap::from([(value, letters)]), ..Letters::default() };
        let found = Found { letters, ..Found::default() };
        let mut verdict = Verdict::default();
        super::letters(&expected, &found, &mut verdict);
        verdict
    }

    #[test]
    fn as_many_dead_letters_are_right_as_the_rubbish_can_have_become() {
        for letters in 1..=3 {
            let verdict = verdict((1, 3), letters);
            assert!(verdict.is_clean(), "{verdict:#?}");
            let expected = Table { what: "dead letters".to_owned(), journal: 1, most: 3, database: letters.into() };
            assert_eq!(verdict.tables, [expected]);
        }
    }

    #[test]
    fn one_too_few_is_missing_and_one_too_many_is_doubled() {
        let name = "the dead letter of the rubbish value abababababab… is nowhere";
        assert_eq!(verdict((1, 3), 0).missing, [name]);
        assert_eq!(verdict((1, 3), 4).doubled, ["the rubbish value abababababab… is 4 dead letters"]);
    }
}
