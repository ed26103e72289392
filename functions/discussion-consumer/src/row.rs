use consumer::{Entity, Reading, Record, Refusal, order_time, version};
use events::{Data, Event, ThreadCreated, Vote, VoteCast};
use store::thread_aggregates::{Change, Content, Fact, Happened, Thread, Turn};
use time::OffsetDateTime;

/// What all events but the one that creates it need.
const THREAD: &str = "thread";

/// An event, as it is applied.
pub(crate) struct Row {
    /// What is written down of it.
    pub(crate) fact: Fact,
    pub(crate) told: Told,
}

/// What an event tells of a thread, besides what it adds to its sums.
pub(crate) enum Told {
    Created(Thread),
    Viewed,
    Edited {
        title: String,
        title_sequence: String,
    },
    Deleted,
    /// Somebody commented or voted.
    Active,
}

impl Row {
    /// What an event is to this function; refuses what belongs on other topics. One that is dated far ahead of its record counts as of
    /// the record.
    pub(crate) fn read(event: &Event, record: &Record) -> Result<Reading<Self>, Refusal> {
        let happened_at = order_time(event.time, record.time);
        let title_sequence = || version(event, happened_at);
        let (place, told, change) = match &event.data {
            Data::ThreadCreated(created) => {
                (0, Told::Created(thread(created, event, title_sequence(), happened_at)), Change::default())
            }
            Data::ThreadViewed(_) => (1, Told::Viewed, Change { views: 1, ..Change::default() }),
            Data::ThreadEdited(edited) => {
                let (title, title_sequence) = (edited.title.to_string(), title_sequence());
                (2, Told::Edited { title, title_sequence }, Change::default())
            }
            Data::ThreadDeleted(_) => (3, Told::Deleted, Change::default()),
            Data::CommentAdded(_) => (4, Told::Active, Change { comments: 1, ..Change::default() }),
            Data::CommentEdited(_) => (5, Told::Active, Change::default()),
            Data::CommentDeleted(_) => (6, Told::Active, Change { comments: -1, ..Change::default() }),
            Data::VoteCast(cast) => (7, Told::Active, change(cast)),
            Data::LinkClicked(_)
            | Data::UserRegistered(_)
            | Data::UserUpdated(_)
            | Data::UserAuth(_)
            | Data::SystemAudit(_)
            | Data::OrderPlaced(_)
            | Data::PaymentSettled(_)
            | Data::InventoryAdjusted(_) => return Err(Refusal::unexpected(event.event_type())),
        };
        let reading = Reading::new(place, Self { fact: fact(event, change, happened_at), told });
        let thread = Entity::new(THREAD, event.key());
        Ok(if place == 0 { reading.creates(thread) } else { reading.needs(thread) })
    }

    /// The thread that it creates.
    pub(crate) fn created(&self) -> Option<&Thread> {
        if let Told::Created(thread) = &self.told { Some(thread) } else { None }
    }

    /// What it means for the sums, now that it has taken effect.
    pub(crate) fn happened(&self) -> Happened {
        let turn = match &self.told {
            Told::Created(thread) => Turn::Created { course_id: thread.content.course_id.clone() },
            Told::Viewed => Turn::Viewed,
            Told::Edited { title, title_sequence } => {
                Turn::Titled { title: title.clone(), title_sequence: title_sequence.clone() }
            }
            Told::Deleted => Turn::Deleted,
            Told::Active => Turn::Active,
        };
        let Fact { thread_id, change, happened_at, .. } = &self.fact;
        Happened { thread_id: thread_id.clone(), change: *change, happened_at: *happened_at, turn }
    }
}

fn thread(created: &ThreadCreated, event: &Event, title_sequence: String, created_at: OffsetDateTime) -> Thread {
    Thread {
        thread_id: created.thread_id.to_string(),
        content: Content {
            course_id: created.course_id.to_string(),
            title: created.title.to_string(),
            author_id: created.author_id.to_string(),
        },
        title_sequence,
        event_source: event.source.to_string(),
        event_id: event.id.to_string(),
        created_at,
    }
}

fn fact(event: &Event, change: Change, happened_at: OffsetDateTime) -> Fact {
    Fact {
        thread_id: event.key().to_owned(),
        event_source: event.source.to_string(),
        event_id: event.id.to_string(),
        event_type: event.event_type().name(),
        change,
        happened_at,
    }
}

/// By how much a vote changes those of the thread: one on a comment does not.
fn change(cast: &VoteCast) -> Change {
    let of = |vote| i16::from(cast.vote == vote) - i16::from(cast.previous == vote);
    match cast.comment_id {
        None => Change { up_votes: of(Vote::Up), down_votes: of(Vote::Down), ..Change::default() },
        Some(_) => Change::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(comment_id: Option<&str>, previous: Vote, vote: Vote) -> (i16, i16) {
        let change = change(&VoteCast {
            thread_id: "t".parse().unwrap(),
            comment_id: comment_id.map(|id| id.parse().unwrap()),
            voter_id: "u".parse().unwrap(),
            vote,
            previous,
        });
        (change.up_votes, change.down_votes)
    }

    #[test]
    fn a_vote_takes_back_the_one_before_it() {
        for (previous, vote, expected) in [
            (Vote::None, Vote::Up, (1, 0)),
            (Vote::None, Vote::Down, (0, 1)),
            (Vote::Up, Vote::Down, (-1, 1)),
            (Vote::Down, Vote::Up, (1, -1)),
            (Vote::Up, Vote::None, (-1, 0)),
            (Vote::Down, Vote::None, (0, -1)),
            (Vote::Up, Vote::Up, (0, 0)),
        ] {
            assert_eq!(votes(None, previous, vote), expected, "{previous:?} {vote:?}");
            assert_eq!(votes(Some("k"), previous, vote), (0, 0));
        }
    }
}
