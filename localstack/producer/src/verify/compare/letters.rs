use std::collections::BTreeMap;

use super::{Expected, Found, Table, Verdict};

/// Rubbish is one dead letter each.
pub(super) fn letters(expected: &Expected, found: &Found, verdict: &mut Verdict) {
    let mut by_id: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_hash: BTreeMap<&[u8], u64> = BTreeMap::new();
    for letter in &found.letters {
        match letter.event_id.as_deref() {
            Some(id) => *by_id.entry(id).or_default() += 1,
            None => *by_hash.entry(&letter.value_sha256).or_default() += 1,
        }
    }
    let (mut sent, mut there) = (0, 0);
    for (id, is_sure) in &expected.rubbish {
        let letters = by_id.get(id.as_str()).copied().unwrap_or_default();
        rubbish(&format!("event {id}"), (u64::from(*is_sure), 1), letters, verdict);
        sent += letters.clamp(u64::from(*is_sure), 1);
        there += letters;
    }
    for (hash, (least, most)) in &expected.unreadable {
        let letters = by_hash.get(hash.as_slice()).copied().unwrap_or_default();
        let name = hash.iter().take(6).fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        rubbish(&format!("value {name}…"), (*least, *most), letters, verdict);
        sent += letters.clamp(*least, *most);
        there += letters;
    }
    verdict.tables.push(Table { what: "dead letters".to_owned(), journal: sent.into(), database: there.into() });
}

fn rubbish(what: &str, (least, most): (u64, u64), letters: u64, verdict: &mut Verdict) {
    if letters < least {
        verdict.missing.push(format!("the dead letter of the rubbish {what} is nowhere"));
    } else if letters > most {
        verdict.doubled.push(format!("the rubbish {what} is {letters} dead letters"));
    }
}
