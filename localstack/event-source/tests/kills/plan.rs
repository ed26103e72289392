//! What is delivered, how the function answers, and when the program is killed.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::lambda::Answer;

/// One topic and the life of its event source.
#[derive(Debug, Clone)]
pub struct Run {
    /// How many records each partition has at first, and gets after the first kill.
    pub records: Vec<[usize; 2]>,
    pub batch_size: usize,
    /// What the first invocations are answered with; the rest succeed.
    pub replies: Vec<Reply>,
    pub kills: Vec<Kill>,
}

#[derive(Debug, Clone, Copy)]
pub enum Reply {
    Success,
    SlowSuccess(u64),
    FunctionError,
    InternalError,
}

/// When a program is killed: so many milliseconds after something, or after all is done.
#[derive(Debug, Clone, Copy)]
pub enum Kill {
    /// After its start, which takes some time to join the group.
    Started(u64),
    /// After its n-th invocation has begun.
    Invoked(usize, u64),
    /// After its n-th invocation was answered with success: around the commit.
    Answered(usize, u64),
}

impl Reply {
    pub fn answer(self) -> Answer {
        match self {
            Self::Success => Answer::Success,
            Self::SlowSuccess(ms) => Answer::SuccessAfter(Duration::from_millis(ms)),
            Self::FunctionError => Answer::FunctionError,
            Self::InternalError => Answer::InternalError,
        }
    }
}

/// Runs that go on at once.
pub fn runs() -> impl Strategy<Value = Vec<Run>> {
    vec(run(), 10..=12)
}

fn run() -> impl Strategy<Value = Run> {
    (vec([0..60_usize, 0..30_usize], 1..=3), 1..=25_usize, vec(reply(), 0..12), vec(kill(), 1..=2))
        .prop_map(|(records, batch_size, replies, kills)| Run { records, batch_size, replies, kills })
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        3 => Just(Reply::Success),
        2 => (1..400_u64).prop_map(Reply::SlowSuccess),
        1 => Just(Reply::FunctionError),
        1 => Just(Reply::InternalError),
    ]
}

fn kill() -> impl Strategy<Value = Kill> {
    prop_oneof![
        1 => (0..1500_u64).prop_map(Kill::Started),
        3 => (1..6_usize, 0..300_u64).prop_map(|(call, ms)| Kill::Invoked(call, ms)),
        3 => (1..6_usize, 0..6_u64).prop_map(|(call, ms)| Kill::Answered(call, ms)),
    ]
}
