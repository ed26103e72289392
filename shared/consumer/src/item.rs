use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use events::{Identity, Text, TraceId, Wire, decode};
use store::blocked_keys::Queue;
use store::parked_events::ParkedEvent;
use time::OffsetDateTime;

use crate::{Consumer, Entity, Payload, Reading, Record, dead_letter};

/// Why a record can never be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A short name of the kind of error.
    pub class: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// A record, with what was read of it.
#[derive(Debug)]
pub struct Item<R> {
    pub(crate) record: Record,
    pub(crate) identity: Option<Identity>,
    pub(crate) correlation_id: Option<Text<128>>,
    pub(crate) trace_id: Option<TraceId>,
    /// When the event happened, where that could be read.
    pub(crate) time: Option<OffsetDateTime>,
    pub(crate) reading: Result<Reading<R>, Refusal>,
    /// What it was parked as, where it comes from there.
    pub(crate) parked: Option<Parked>,
}

/// What is known of an event that was parked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parked {
    pub(crate) id: i64,
    pub(crate) since: OffsetDateTime,
    pub(crate) tries: i32,
    pub(crate) in_inbox: bool,
    pub(crate) dead_letter_id: Option<i64>,
}

/// The records of an invocation.
#[derive(Debug)]
pub struct Batch<R> {
    /// In the order of topic, partition and offset.
    pub(crate) items: Vec<Item<R>>,
    /// How many records had no value.
    pub(crate) tombstones: usize,
}

impl<R: Send> Batch<R> {
    /// Reads every record of a payload: decodes it and has the consumer say what it is. A panic of either is the record's, not the
    /// batch's.
    pub fn read<C: Consumer<Row = R>>(consumer: &C, payload: Payload) -> Self {
        let mut records = payload.in_order();
        let all = records.len();
        records.retain(|record| record.value.is_some());
        Self { tombstones: all - records.len(), items: Item::read_all(consumer, records) }
    }

    /// What is stored of those that could be read.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.items.iter().filter_map(|item| item.reading.as_ref().ok()).map(|reading| &reading.row)
    }
}

/// From so many records on another thread helps: starting one takes as long as reading some dozen.
const WORTH_A_THREAD: usize = 500;

impl<R> Item<R> {
    /// Reads them side by side, on as many threads as there are processors, and keeps their order.
    fn read_all<C: Consumer<Row = R>>(consumer: &C, mut records: Vec<Record>) -> Vec<Self>
    where
        R: Send,
    {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = processors.min(records.len() / WORTH_A_THREAD).max(1);
        let share = records.len().div_ceil(threads);
        let read =
            |records: Vec<Record>| records.into_iter().map(|record| Self::read(consumer, record, None)).collect();
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .rev()
                .map(|nth| records.split_off(nth * share))
                .map(|records| scope.spawn(|| read(records)))
                .collect();
            let mut items: Vec<Self> = read(records);
            for other in others.into_iter().rev() {
                items.extend(other.join().expect("a panic is the record's, and caught there"));
            }
            items
        })
    }

    pub(crate) fn read<C: Consumer<Row = R>>(consumer: &C, record: Record, parked: Option<Parked>) -> Self {
        let (mut identity, mut correlation_id, mut trace_id, mut time) = (None, None, None, None);
        let wire = Wire { value: record.value.as_deref().unwrap_or_default(), headers: &record.headers };
        // What was being read is dropped with the panic, so nothing half-done is seen afterwards.
        let reading = catch_unwind(AssertUnwindSafe(|| match decode(wire) {
            Ok(event) => {
                identity = Some(Identity { source: event.source.clone(), id: event.id.clone() });
                correlation_id.clone_from(&event.correlation_id);
                trace_id = event.trace_id();
                time = Some(event.time);
                let reading = consumer.read(event, &record)?;
                assert!(reading.place < C::TYPES.len(), "the consumer has no type at the place {}", reading.place);
                check_ids(reading)
            }
            Err(rejection) => {
                identity = rejection.identity.map(|identity| *identity);
                (correlation_id, trace_id) = (rejection.correlation_id, rejection.trace_id);
                Err(Refusal { class: rejection.error.class(), reason: rejection.error.to_string() })
            }
        }));
        let reading = reading.unwrap_or_else(|panic| {
            let reason = format!("reading the record panicked: {}", message(&*panic));
            Err(Refusal { class: "panic", reason })
        });
        Self { record, identity, correlation_id, trace_id, time, reading, parked }
    }

    pub(crate) fn of_parked<C: Consumer<Row = R>>(consumer: &C, event: ParkedEvent) -> Self {
        let parked = Parked {
            id: event.parked_id,
            since: event.parked_at,
            tries: event.tries,
            in_inbox: event.in_inbox,
            dead_letter_id: event.dead_letter_id,
        };
        let record = Record {
            topic: event.topic,
            partition: event.partition,
            offset: event.offset,
            time: event.record_time,
            key: event.key,
            value: Some(event.value),
            headers: dead_letter::headers_of_json(&event.headers),
        };
        Self::read(consumer, record, Some(parked))
    }

    pub(crate) fn queue(&self) -> Queue {
        let record = &self.record;
        Queue::of(&record.topic, record.partition, record.offset, record.key.as_deref())
    }

    /// Source and id, where they could be read.
    pub(crate) fn event(&self) -> Option<(&str, &str)> {
        self.identity.as_ref().map(|identity| (identity.source.as_str(), identity.id.as_str()))
    }
}

/// The longest id of a row, in bytes: one that is awaited stands in an index. PostgreSQL stores no NUL.
const LONGEST_ID: usize = 512;

fn check_ids<R>(reading: Reading<R>) -> Result<Reading<R>, Refusal> {
    let mut entities = reading.needs.iter().chain(&reading.creates);
    match entities.find(|entity| entity.id.len() > LONGEST_ID || entity.id.contains('\0')) {
        None => Ok(reading),
        Some(Entity { kind, .. }) => {
            let reason = format!("the id of the {kind} is longer than {LONGEST_ID} bytes, or contains NUL");
            Err(Refusal { class: "invalid-data", reason })
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
