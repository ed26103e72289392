use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use events::{Event, Identity, Wire, decode};
use store::dead_letters::DeadLetter;

use crate::{Payload, Record, dead_letter};

/// A batch whose records are read: every one is in exactly one of the three.
#[derive(Debug)]
pub struct Batch<T> {
    /// What is to be applied, in the order of topic, partition and offset.
    pub accepted: Vec<T>,
    /// What can never be applied.
    pub refused: Vec<DeadLetter>,
    /// How many records had no value.
    pub skipped: u64,
}

/// Why a record can never be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which event it is, where that could be read.
    pub identity: Option<Identity>,
    /// A short name of the kind of error.
    pub class: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl From<events::Rejection> for Refusal {
    fn from(rejection: events::Rejection) -> Self {
        Self { identity: rejection.identity, class: rejection.error.class(), reason: rejection.error.to_string() }
    }
}

impl<T> Batch<T> {
    /// Reads every record of a payload: decodes it and has `read` turn the event into what is applied. A panic of either is the
    /// record's, not the batch's.
    pub fn read(payload: Payload, read: impl Fn(Event) -> Result<T, Refusal>) -> Self {
        let mut batch = Self { accepted: Vec::new(), refused: Vec::new(), skipped: 0 };
        for record in payload.in_order() {
            match record.value.as_deref().map(|value| read_value(&record, value, &read)) {
                None => batch.skipped += 1,
                Some(Ok(accepted)) => batch.accepted.push(accepted),
                Some(Err(refusal)) => batch.refused.push(dead_letter::of(record, refusal)),
            }
        }
        batch
    }
}

fn read_value<T>(record: &Record, value: &[u8], read: impl Fn(Event) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let wire = Wire { value, headers: &record.headers };
    // What was being read is dropped with the panic, so nothing half-done is seen afterwards.
    catch_unwind(AssertUnwindSafe(|| decode(wire).map_err(Refusal::from).and_then(&read))).unwrap_or_else(|panic| {
        let reason = format!("reading the record panicked: {}", message(&*panic));
        Err(Refusal { identity: None, class: "panic", reason })
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
