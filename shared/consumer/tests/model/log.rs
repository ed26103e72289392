//! The topics of a case: its records at their places, and the events in them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::case::{Case, Creates, Kind, LANES, Need, Outcome, Spec, Table};

pub const CONSUMERS: [&str; 2] = ["model-a", "model-b"];

/// A row, as `kind` and `id`.
pub type Row = (&'static str, String);

/// An event, at the place where it first stands.
#[derive(Debug, Clone)]
pub struct Event {
    pub number: usize,
    pub consumer: usize,
    pub lane: usize,
    pub offset: usize,
    pub key: Option<String>,
    pub place: usize,
    pub creates: Option<Row>,
    pub needs: Vec<Row>,
    pub outcome: Outcome,
}

#[derive(Debug, Clone)]
pub enum Content {
    Event(Event),
    /// An event that stands at an earlier place as well.
    Again,
    Rubbish {
        /// Under which it can be known again, where it says who it is.
        number: Option<usize>,
    },
    Tombstone,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Option<String>,
    pub value: Option<Vec<u8>>,
    pub content: Content,
}

/// Entries by consumer, lane and offset.
pub struct Log(pub [Vec<Vec<Entry>>; 2]);

impl Table {
    pub fn kind(self) -> &'static str {
        match self {
            Self::Rows => "row",
            Self::Ledgers => "ledger",
        }
    }
}

impl Event {
    /// What keeps its order.
    pub fn queue(&self) -> String {
        let (consumer, topic) = (CONSUMERS[self.consumer], LANES[self.consumer][self.lane].0);
        self.key
            .as_ref()
            .map_or_else(|| format!("{consumer} #{}", self.number), |key| format!("{consumer} {topic} {key}"))
    }

    pub fn topic(&self) -> (&'static str, i32) {
        LANES[self.consumer][self.lane]
    }

    fn value(&self) -> Vec<u8> {
        let told = json!({
            "number": self.number, "queue": self.queue(), "place": self.place, "creates": self.creates, "needs": self.needs,
            "outcome": format!("{:?}", self.outcome)
        });
        cloud_event(self.number, &click(&told.to_string())).to_string().into_bytes()
    }
}

/// The id of an event.
pub fn id(number: usize) -> String {
    format!("01932d3c-6a00-7000-8000-{number:012x}")
}

fn click(told: &str) -> Value {
    json!({
        "linkId": "01932d3c-0000-7000-8000-000000000001", "shortCode": "model", "timestamp": "2026-11-21T09:30:00Z",
        "referrer": told
    })
}

fn cloud_event(number: usize, data: &Value) -> Value {
    json!({"specversion": "1.0", "id": id(number), "source": "/model", "type": "link.clicked", "data": data})
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (lanes, names) in self.0.iter().zip(LANES) {
            for (entries, (topic, partition)) in lanes.iter().zip(names) {
                for (offset, entry) in entries.iter().enumerate() {
                    let value = String::from_utf8_lossy(entry.value.as_deref().unwrap_or(b"no value"));
                    let told = match &entry.content {
                        Content::Event(event) => format!("{event:?}"),
                        _ => format!("{:?} {value:.400}", entry.content),
                    };
                    writeln!(f, "{topic}-{partition} {offset}: {:?} {told}", entry.key)?;
                }
            }
        }
        Ok(())
    }
}

impl Log {
    /// All events, each at the place where it first stands.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.0.iter().flatten().flatten().filter_map(|entry| match &entry.content {
            Content::Event(event) => Some(event),
            _ => None,
        })
    }

    pub fn of(case: &Case) -> Self {
        let mut log = Self(LANES.map(|lanes| vec![Vec::new(); lanes.len()]));
        let mut events: Vec<Event> = Vec::new();
        for (number, spec) in case.records.iter().enumerate() {
            let (consumer, lane) = (spec.consumer, usize::from(spec.lane));
            let (topic, partition) = LANES[consumer][lane];
            let offset = log.0[consumer][lane].len();
            let key = spec.key.map(|key| format!("k{key} of {topic}-{partition}"));
            let entry = |value: Option<Vec<u8>>, content| Entry { key: key.clone(), value, content };
            let (lane, entry) = match &spec.kind {
                Kind::Event { place, creates, needs, outcome } => {
                    let (place, outcome, key) = (*place, *outcome, key.clone());
                    let before = events.iter().filter(|event| {
                        key.is_some() && (event.consumer, event.lane, &event.key) == (consumer, lane, &key)
                    });
                    // Which of two that make one row is first would depend on what else is there, if they waited for anything.
                    let before = before.filter(|event| event.needs.is_empty());
                    let before: Vec<Row> = before.filter_map(|event| event.creates.clone()).collect();
                    let is_second = !before.is_empty() && matches!(creates, Some(Creates::Same(_)));
                    let needs = if is_second { Vec::new() } else { rows_needed(&case.records, needs) };
                    let creates = creates.as_ref().map(|creates| row_created(creates, number, &before));
                    let event = Event { number, consumer, lane, offset, key, place, creates, needs, outcome };
                    events.push(event.clone());
                    ((consumer, lane), entry(Some(event.value()), Content::Event(event)))
                }
                Kind::Again(_) if events.is_empty() => continue,
                Kind::Again(index) => {
                    let event = index.get(&events);
                    let entry = Entry { key: event.key.clone(), value: Some(event.value()), content: Content::Again };
                    ((event.consumer, event.lane), entry)
                }
                Kind::Rubbish(which) => {
                    let (value, known) = rubbish(*which, number);
                    ((consumer, lane), entry(Some(value), Content::Rubbish { number: known.then_some(number) }))
                }
                Kind::Tombstone => ((consumer, lane), entry(None, Content::Tombstone)),
            };
            log.0[lane.0][lane.1].push(entry);
        }
        log
    }

    /// The record, as Lambda gives it.
    pub fn record(&self, consumer: usize, lane: usize, offset: usize) -> Value {
        let (topic, partition) = LANES[consumer][lane];
        let entry = &self.0[consumer][lane][offset];
        json!({
            "topic": topic, "partition": partition, "offset": offset, "timestamp": 1_795_253_400_000_u64,
            "key": entry.key.as_ref().map(|key| STANDARD.encode(key)),
            "value": entry.value.as_ref().map(|value| STANDARD.encode(value)), "headers": [],
        })
    }
}

fn row(table: Table, number: usize) -> Row {
    (table.kind(), format!("made by {number}"))
}

fn row_created(creates: &Creates, number: usize, before: &[Row]) -> Row {
    match creates {
        Creates::Same(index) if !before.is_empty() => index.get(before).clone(),
        Creates::Same(_) => row(Table::Rows, number),
        Creates::New(table) => row(*table, number),
    }
}

fn rows_needed(records: &[Spec], needs: &[Need]) -> Vec<Row> {
    let creators = |table: Table| -> Vec<usize> {
        let makes =
            |kind: &Kind| matches!(kind, Kind::Event { creates: Some(Creates::New(created)), .. } if *created == table);
        (0..records.len()).filter(|number| makes(&records[*number].kind)).collect()
    };
    let needed = |need: &Need| match need {
        Need::Of(table, index) if !creators(*table).is_empty() => row(*table, *index.get(&creators(*table))),
        Need::Of(table, _) | Need::Never(table) => (table.kind(), "nobody's".to_owned()),
    };
    needs.iter().map(needed).collect()
}

/// Something that cannot be read, and whether it says which event it is.
fn rubbish(which: u8, number: usize) -> (Vec<u8>, bool) {
    let mut event = cloud_event(number, &click("nothing"));
    match which % 9 {
        0 => return (b"rubbish".to_vec(), false),
        1 => return (Vec::new(), false),
        2 => return (vec![0, 159, 146, 150], false),
        3 => return (b"[1, 2]".to_vec(), false),
        4 => return ([b"[".repeat(100_000), b"]".repeat(100_000)].concat(), false),
        5 => {
            event["id"] = json!("a\0b");
            return (event.to_string().into_bytes(), false);
        }
        6 => event["type"] = json!("nobody.knows"),
        7 => event["dataschema"] = json!("urn:onceward:event:link.clicked:2.0"),
        _ => event["data"]["linkId"] = json!(17),
    }
    (event.to_string().into_bytes(), true)
}
