//! What a case consists of: records, and how they are delivered.

use proptest::prelude::*;
use proptest::sample::Index;

/// Queues of a lane: so few that most events have others of their key before them.
pub const KEYS: u8 = 2;
/// Topic and partition of each lane, by consumer.
pub const LANES: [&[(&str, i32)]; 2] = [&[("model.a", 0), ("model.a", 1), ("model.c", 0)], &[("model.b", 0)]];

#[derive(Debug, Clone)]
pub struct Case {
    pub records: Vec<Spec>,
    pub steps: Vec<Step>,
}

/// A record, at the end of its lane.
#[derive(Debug, Clone)]
pub struct Spec {
    pub consumer: usize,
    pub lane: u8,
    /// Nothing for a record without a key.
    pub key: Option<u8>,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// A new event.
    Event {
        place: usize,
        creates: Option<Creates>,
        needs: Vec<Need>,
        outcome: Outcome,
    },
    /// The event of an earlier record once more, at its own place.
    Again(Index),
    /// What cannot be read, in so many ways.
    Rubbish(u8),
    Tombstone,
}

/// Where a row that others need is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Rows,
    /// One that a foreign key holds to as well.
    Ledgers,
}

#[derive(Debug, Clone)]
pub enum Creates {
    /// A row with the number of the record.
    New(Table),
    /// What an earlier one of its queue creates as well, where there is one.
    Same(Index),
}

/// Some row that a record creates; or one that nothing creates.
#[derive(Debug, Clone)]
pub enum Need {
    Of(Table, Index),
    Never(Table),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Apply,
    /// Violates a check constraint.
    Check,
    /// Divides by zero.
    Division,
    /// The consumer says so when it is applied.
    Refused,
    /// The consumer says so when it is applied.
    Stale,
    /// The consumer says so when it is read.
    Unread,
    /// Panics its reader.
    Panics,
}

#[derive(Debug, Clone)]
pub enum Step {
    Deliver(Delivery),
    /// By two environments at the same time; both may have the same records.
    Together(Delivery, Delivery),
    /// What was acknowledged comes again.
    Rewind {
        consumer: usize,
        lane: u8,
        by: usize,
    },
}

#[derive(Debug, Clone)]
pub struct Delivery {
    pub consumer: usize,
    /// So many of each lane; a tick where it comes to nothing.
    pub takes: [usize; 3],
    pub fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The environment dies after the commit.
    Unacknowledged,
    /// It dies where it awaits something for the so-manieth time.
    Dies(usize),
    /// The so-manieth call of `apply` fails.
    Fails {
        call: usize,
        how: Failure,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// As if it could not be serialized with another transaction: it passes.
    Serialization,
    /// The server ends the connection.
    Disconnected,
    /// A statement that is wrong.
    Ours,
    Panic,
}

pub fn case() -> impl Strategy<Value = Case> {
    let records = prop::collection::vec(spec(), 1..60);
    let steps = prop::collection::vec(step(), 0..20);
    (records, steps).prop_map(|(records, steps)| Case { records, steps })
}

fn spec() -> impl Strategy<Value = Spec> {
    let lane = prop_oneof![4 => Just((0, 0)), 2 => Just((0, 1)), 1 => Just((0, 2)), 3 => Just((1, 0))];
    let key = prop_oneof![9 => (0..KEYS).prop_map(Some), 1 => Just(None)];
    (lane, key, kind()).prop_map(|((consumer, lane), key, kind)| Spec { consumer, lane, key, kind })
}

fn kind() -> impl Strategy<Value = Kind> {
    let outcome = || {
        prop_oneof![
            22 => Just(Outcome::Apply),
            1 => Just(Outcome::Check),
            1 => Just(Outcome::Division),
            1 => Just(Outcome::Refused),
            1 => Just(Outcome::Stale),
            1 => Just(Outcome::Unread),
            1 => Just(Outcome::Panics),
        ]
    };
    let event = |place, creates: BoxedStrategy<Option<Creates>>, of: Table, needs: std::ops::Range<usize>| {
        (creates, prop::collection::vec(need(of), needs), outcome())
            .prop_map(move |(creates, needs, outcome)| Kind::Event { place, creates, needs, outcome })
    };
    let nothing = || Just(None).boxed();
    let opens = prop_oneof![
        5 => Just(Creates::New(Table::Rows)),
        2 => Just(Creates::New(Table::Ledgers)),
        1 => any::<Index>().prop_map(Creates::Same),
    ];
    let opens = opens.prop_map(Some).boxed();
    prop_oneof![
        7 => event(0, opens, Table::Rows, 0..2),
        5 => event(1, nothing(), Table::Rows, 1..3),
        5 => event(2, nothing(), Table::Rows, 0..1),
        2 => event(3, nothing(), Table::Ledgers, 1..2),
        4 => any::<Index>().prop_map(Kind::Again),
        1 => any::<u8>().prop_map(Kind::Rubbish),
        1 => Just(Kind::Tombstone),
    ]
}

fn need(table: Table) -> impl Strategy<Value = Need> {
    prop_oneof![15 => any::<Index>().prop_map(move |index| Need::Of(table, index)), 1 => Just(Need::Never(table))]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => delivery().prop_map(Step::Deliver),
        3 => (delivery(), delivery()).prop_map(|(one, other)| Step::Together(one, other)),
        1 => (0..2_usize, 0..3_u8, 1..12_usize).prop_map(|(consumer, lane, by)| Step::Rewind { consumer, lane, by }),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let takes = [0..6_usize, 0..4, 0..3];
    let fault = prop_oneof![
        5 => Just(Fault::None),
        2 => Just(Fault::Unacknowledged),
        4 => (1..50_usize).prop_map(Fault::Dies),
        3 => (0..3_usize, failure()).prop_map(|(call, how)| Fault::Fails { call, how }),
    ];
    let consumer = prop_oneof![2 => Just(0), 1 => Just(1)];
    (consumer, takes, fault).prop_map(|(consumer, takes, fault)| Delivery { consumer, takes, fault })
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        1 => Just(Failure::Serialization),
        1 => Just(Failure::Disconnected),
        2 => Just(Failure::Ours),
        2 => Just(Failure::Panic),
    ]
}
