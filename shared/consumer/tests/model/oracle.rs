//! The model: every queue has its events in their order, one at a time.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{LANES, Outcome};
use crate::log::{CONSUMERS, Content, Entry, Event, Log, Row, id};
use crate::state::State;

/// Where things end, once all has been delivered and tried.
pub fn expected(log: &Log) -> State {
    let mut model = Model::default();
    for (consumer, lanes) in log.0.iter().enumerate() {
        for (lane, entries) in lanes.iter().enumerate() {
            for (offset, entry) in entries.iter().enumerate() {
                model.receive((consumer, lane, offset), entry);
            }
        }
    }
    while model.step() {}
    model.state()
}

#[derive(Default)]
struct Model {
    /// What is not resolved yet.
    queues: BTreeMap<String, Vec<Event>>,
    rows: BTreeSet<Row>,
    state: State,
}

/// What holds an event up.
enum Hold {
    Behind,
    Missing(Row),
}

impl Model {
    fn receive(&mut self, (consumer, lane, offset): (usize, usize, usize), entry: &Entry) {
        match &entry.content {
            Content::Event(event) if matches!(event.outcome, Outcome::Unread | Outcome::Panics) => {
                self.dead_letter((consumer, lane, offset), Some(event.number));
            }
            Content::Event(event) => self.queues.entry(event.queue()).or_default().push(event.clone()),
            Content::Rubbish { number } => self.dead_letter((consumer, lane, offset), *number),
            Content::Again | Content::Tombstone => {}
        }
    }

    fn dead_letter(&mut self, (consumer, lane, offset): (usize, usize, usize), number: Option<usize>) {
        let (topic, partition) = LANES[consumer][lane];
        self.state.letters.insert((CONSUMERS[consumer].to_owned(), topic.to_owned(), partition, offset));
        self.enter(consumer, number, "dead_lettered");
        self.count(consumer, "dead_lettered");
    }

    fn enter(&mut self, consumer: usize, number: Option<usize>, state: &str) {
        let event = number.map(|number| (CONSUMERS[consumer].to_owned(), id(number)));
        self.state.inbox.extend(event.map(|event| (event, state.to_owned())));
    }

    fn count(&mut self, consumer: usize, outcome: &str) {
        *self.state.counts.entry((CONSUMERS[consumer].to_owned(), outcome.to_owned())).or_default() += 1;
    }

    /// Resolves one event, where any can be.
    fn step(&mut self) -> bool {
        let next = self.queues.iter().find_map(|(queue, events)| {
            let place = self.holds(events).iter().position(Option::is_none)?;
            Some((queue.clone(), place))
        });
        let Some((queue, place)) = next else { return false };
        let event = self.queues.get_mut(&queue).expect("it was found there").remove(place);
        self.resolve(event);
        true
    }

    /// An event waits while it misses a row, and what is behind it waits too, but for what creates the row that is awaited last.
    fn holds(&self, events: &[Event]) -> Vec<Option<Hold>> {
        let mut awaited: Vec<&Row> = Vec::new();
        let mut holds = Vec::with_capacity(events.len());
        for event in events {
            let awaits = event.creates.as_ref().is_some_and(|row| awaited.last() == Some(&row));
            let missing = event.needs.iter().find(|row| !self.rows.contains(row));
            holds.push(match missing {
                _ if !awaited.is_empty() && !awaits => Some(Hold::Behind),
                Some(row) => {
                    awaited.push(row);
                    Some(Hold::Missing(row.clone()))
                }
                None => None,
            });
        }
        holds
    }

    fn resolve(&mut self, event: Event) {
        let (consumer, number) = (event.consumer, Some(event.number));
        match event.outcome {
            Outcome::Apply => {
                self.enter(consumer, number, "applied");
                self.count(consumer, "applied");
                self.state.applied.entry(event.queue()).or_default().push(event.number);
                self.rows.extend(event.creates);
            }
            Outcome::Stale => {
                self.enter(consumer, number, "stale");
                self.count(consumer, "stale");
            }
            _ => self.dead_letter((consumer, event.lane, event.offset), number),
        }
    }

    fn state(mut self) -> State {
        for events in self.queues.values() {
            for (event, hold) in events.iter().zip(self.holds(events)) {
                let (consumer, (topic, partition)) = (CONSUMERS[event.consumer].to_owned(), event.topic());
                let place = [partition.to_be_bytes().as_slice(), &(event.offset as u64).to_be_bytes()].concat();
                let queue = event.key.as_ref().map_or([b"-", &*place].concat(), |key| [b"k", key.as_bytes()].concat());
                self.state.blocked.insert((consumer.clone(), topic.to_owned(), queue));
                let awaits = match hold {
                    Some(Hold::Missing((kind, id))) => Some(format!("{kind} {id}")),
                    _ => None,
                };
                self.state.inbox.insert((consumer.clone(), id(event.number)), "parked".to_owned());
                self.state.parked.insert((consumer, id(event.number)), awaits);
            }
        }
        let trails = self.state.applied.iter().map(|(queue, numbers)| {
            let trail: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            (queue.clone(), trail.join(" "))
        });
        self.state.trails = trails.collect();
        self.state
    }
}
