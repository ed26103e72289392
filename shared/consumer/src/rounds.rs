use std::collections::HashMap;

use crate::item::Item;

/// Cuts items into as few rounds as keep the order of every key; a round has a group for each type, in the consumer's order. An
/// item goes into the next round where an earlier one of its key in this round has a later type.
pub(crate) fn cut<'a, R>(items: &[&'a Item<R>], types: usize) -> Vec<Vec<Vec<&'a Item<R>>>> {
    let place = |item: &Item<R>| item.reading.as_ref().map_or(0, |reading| reading.place);
    let mut rounds: Vec<Vec<Vec<&'a Item<R>>>> = Vec::new();
    let mut last: HashMap<(&str, &[u8]), (usize, usize)> = HashMap::new();
    for item in items {
        let place = place(item);
        // With one type there is one round, whatever the keys are.
        let round = match item.record.key.as_deref() {
            Some(key) if types > 1 => {
                let (round, before) = last.entry((&item.record.topic, key)).or_insert((0, place));
                *round += usize::from(place < *before);
                *before = place;
                *round
            }
            _ => 0,
        };
        while rounds.len() <= round {
            rounds.push((0..types).map(|_| Vec::new()).collect());
        }
        rounds[round][place].push(item);
    }
    rounds
}
