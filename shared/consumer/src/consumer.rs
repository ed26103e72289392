use std::future::Future;

use events::{Event, EventType};
use store::PgConnection;
pub use store::parked_events::Entity;
use time::OffsetDateTime;

use crate::{Record, Refusal};

/// What one Kafka-triggered function does with events; all else is the engine's.
pub trait Consumer: Sync {
    /// What is stored of an event: an enum where the consumer takes several types.
    type Row: Send + Sync;

    /// What an event leaves for the end of its transaction; `()` where there is nothing to be done there.
    type Trace: Send;

    /// The function's name, under which everything of it stands in the tables.
    const NAME: &'static str;

    /// The names of the types that it takes, in the order in which they are applied where several come together. What [`Reading`]
    /// calls the place of a type is its index here; counts carry the name.
    const TYPES: &'static [&'static str];

    /// Whether its own table tells a duplicate, so that what is applied needs no row in the inbox.
    const OWN_INBOX: bool = false;

    /// What an event is to this consumer, or why it can never be anything. The record says where it came from.
    fn read(&self, event: Event, record: &Record) -> Result<Reading<Self::Row>, Refusal>;

    /// Which rows of this kind are there, of those that some event needs. Ids are texts of any form, and no cast of one may fail. It
    /// must be right: [`Consumer::need_of`] is for a row that goes away in between.
    fn existing(
        &self,
        _connection: &mut PgConnection,
        _kind: &str,
        _ids: &[String],
    ) -> impl Future<Output = Result<Vec<String>, store::Error>> + Send {
        let forgotten = "the consumer says that events need rows, and not which of them exist";
        async move { Err(store::Error::Configuration(forgotten.into())) }
    }

    /// The kind of row that a foreign key stands for: an event that violates it, and said that it needs a row of this kind, waits for
    /// that row, which went away after it was looked for. Any other foreign key makes a dead letter.
    #[must_use]
    fn need_of(_constraint: &str) -> Option<&'static str> {
        None
    }

    /// With which type's rows, by their places, those of a type are applied: with its own, unless several are taken together, in the
    /// order of their records. The fewer groups there are, the fewer statements a batch takes.
    #[must_use]
    fn group(place: usize) -> usize {
        place
    }

    /// Applies rows of one group, in the order of their records, and says what became of each. Two of them may concern one row.
    fn apply(
        &self,
        connection: &mut PgConnection,
        group: usize,
        rows: &[&Self::Row],
    ) -> impl Future<Output = Result<Vec<Effect>, store::Error>> + Send;

    /// What a row leaves for the end of the transaction, now that it has taken effect, or turned out stale.
    fn trace(&self, _row: &Self::Row, _is_stale: bool) -> Option<Self::Trace> {
        None
    }

    /// Comes last in each transaction, with the traces of all that it applied, in that order: for what must not be locked for longer
    /// than it takes to commit. Whatever fails here fails the transaction.
    fn finish(
        &self,
        _connection: &mut PgConnection,
        _traces: Vec<Self::Trace>,
        _now: OffsetDateTime,
    ) -> impl Future<Output = Result<(), store::Error>> + Send {
        async { Ok(()) }
    }
}

/// An event, as a consumer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<R> {
    /// Its type's place in [`Consumer::TYPES`].
    pub place: usize,
    /// The row that it makes and others may need. Ids of rows have at most 512 bytes, and no NUL.
    pub creates: Option<Entity>,
    /// Rows without which it cannot be applied yet.
    pub needs: Vec<Entity>,
    /// What is stored of it.
    pub row: R,
}

impl<R> Reading<R> {
    /// One that creates nothing others need, and needs nothing.
    #[must_use]
    pub fn new(place: usize, row: R) -> Self {
        Self { place, creates: None, needs: Vec::new(), row }
    }

    /// The same, creating this row.
    #[must_use]
    pub fn creates(mut self, entity: Entity) -> Self {
        self.creates = Some(entity);
        self
    }

    /// The same, needing this row as well.
    #[must_use]
    pub fn needs(mut self, entity: Entity) -> Self {
        self.needs.push(entity);
        self
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It took effect.
    Applied,
    /// What it says is there already, such as another event with the same content.
    Duplicate,
    /// Something newer has taken effect already.
    Stale,
    /// It can never take effect, and has not.
    Refused {
        /// A short name of the kind of error.
        class: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Effect {
    /// Of a row that was inserted, or was there already.
    #[must_use]
    pub fn of_insert(is_new: bool) -> Self {
        if is_new { Self::Applied } else { Self::Duplicate }
    }
}

impl Refusal {
    /// An event of a type that the consumer does not take.
    #[must_use]
    pub fn unexpected(event_type: EventType) -> Self {
        Self {
            class: "unexpected-type",
            reason: format!("events of the type {event_type} do not belong on this topic"),
        }
    }
}
