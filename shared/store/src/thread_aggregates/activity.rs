use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::copy::{self, PIECE, field, framed, timestamp};

const STATEMENT: &str = "copy thread_activity (
    thread_id, event_source, event_id, event_type, views, comments, up_votes, down_votes, happened_at
) from stdin (format binary)";
const COLUMNS: i16 = 9;

/// What an event adds to the sums of a thread; less than 0 where it takes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// How often it was read.
    pub views: i16,
    /// How many comments it has.
    pub comments: i16,
    /// How many are for it.
    pub up_votes: i16,
    /// How many are against it.
    pub down_votes: i16,
}

/// An event of a thread that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Which thread.
    pub thread_id: String,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// What happened.
    pub event_type: &'static str,
    /// What it adds.
    pub change: Change,
    /// When that was.
    pub happened_at: OffsetDateTime,
}

/// Writes facts down. Whether one was written down before is for the caller to know, and [`add`](super::add()) brings them into the sums.
pub async fn record(connection: &mut PgConnection, facts: &[&Fact]) -> sqlx::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    copy::copy(connection, STATEMENT, encode(facts), || ()).await
}

fn encode(facts: &[&Fact]) -> impl Iterator<Item = Vec<u8>> + Send {
    framed(facts.chunks(PIECE).map(|facts| {
        let mut rows = Vec::with_capacity(256 * facts.len());
        for fact in facts {
            row(&mut rows, fact);
        }
        rows
    }))
}

fn row(rows: &mut Vec<u8>, fact: &Fact) {
    let Change { views, comments, up_votes, down_votes } = fact.change;
    copy::row(rows, COLUMNS);
    field(rows, fact.thread_id.as_bytes());
    field(rows, fact.event_source.as_bytes());
    field(rows, fact.event_id.as_bytes());
    field(rows, fact.event_type.as_bytes());
    for number in [views, comments, up_votes, down_votes] {
        field(rows, &number.to_be_bytes());
    }
    timestamp(rows, fact.happened_at);
}
