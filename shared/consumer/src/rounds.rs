use std::collections::HashMap;
use std::hash::Hash;

use crate::Consumer;
use crate::item::Item;

/// Cuts items into as few rounds as keep the order of every key; a round has the consumer's groups, in their order.
pub(crate) fn cut<'a, C: Consumer>(items: &[&'a Item<C::Row>]) -> Vec<Vec<Vec<&'a Item<C::Row>>>> {
    cut_by(items, C::TYPES.len(), |item| {
        let key = item.record.key.as_deref().map(|key| (item.record.topic.as_str(), key));
        (key, item.reading.as_ref().map_or(0, |reading| C::group(reading.place)))
    })
}

/// An item goes into the next round where an earlier one of its key in this round has a later group.
fn cut_by<I: Copy, K: Hash + Eq>(
    items: &[I],
    types: usize,
    key_and_place: impl Fn(I) -> (Option<K>, usize),
) -> Vec<Vec<Vec<I>>> {
    let mut rounds: Vec<Vec<Vec<I>>> = Vec::new();
    let mut last: HashMap<K, (usize, usize)> = HashMap::new();
    for item in items {
        let (key, place) = key_and_place(*item);
        // With one type there is one round, whatever the keys are.
        let round = match key {
            Some(key) if types > 1 => {
                let (round, before) = last.entry(key).or_insert((0, place));
                *round += usize::from(place < *before);
                *before = place;
                *round
            }
            _ => 0,
        };
        while rounds.len() <= round {
            rounds.push((0..types).map(|_| Vec::new()).collect());
        }
        rounds[round][place].push(*item);
    }
    rounds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPES: usize = 3;
    type Item = (usize, Option<u8>, usize);

    fn cut(items: &[Item]) -> Vec<Vec<Vec<Item>>> {
        cut_by(items, TYPES, |(_, key, place)| (key, place))
    }

    #[test]
    fn a_batch_whose_keys_need_no_second_round_has_one() {
        let items = [(0, Some(1), 0), (1, Some(2), 2), (2, Some(1), 1), (3, None, 2), (4, None, 0)];
        let round = vec![vec![items[0], items[4]], vec![items[2]], vec![items[1], items[3]]];
        assert_eq!(cut(&items), [round]);
    }

    #[test]
    fn an_earlier_type_behind_a_later_one_of_its_key_waits_for_the_next_round() {
        let items = [(0, Some(1), 1), (1, Some(1), 0), (2, Some(1), 0), (3, Some(2), 0)];
        let rounds = cut(&items);
        assert_eq!(rounds[0], [vec![items[3]], vec![items[0]], vec![]]);
        assert_eq!(rounds[1], [vec![items[1], items[2]], vec![], vec![]]);
    }

    proptest! {
        #[test]
        fn every_item_is_applied_once_and_every_key_keeps_its_order(
            items in proptest::collection::vec((proptest::option::of(0..4_u8), 0..TYPES), 0..40)
        ) {
            let items: Vec<Item> = items.into_iter().enumerate().map(|(nth, (key, place))| (nth, key, place)).collect();
            let applied: Vec<Item> = cut(&items).into_iter().flatten().flatten().collect();
            let mut sorted = applied.clone();
            sorted.sort_unstable();
            prop_assert_eq!(&sorted, &items);
            for key in 0..4 {
                let order: Vec<usize> =
                    applied.iter().filter(|item| item.1 == Some(key)).map(|item| item.0).collect();
                prop_assert!(order.is_sorted(), "{:?}", order);
            }
        }
    }
}
