use events::{
    CommentAdded, CommentDeleted, CommentEdited, Data, Event, Text, ThreadCreated, ThreadDeleted, ThreadEdited,
    ThreadViewed, Vote, VoteCast,
};

use crate::shop::parsed;
use crate::users::{event, text};

/// The user `u-1` began a thread. As of the others below, each has an event id of its own and one time.
#[must_use]
pub fn thread_created(thread_id: &str, course_id: &str, title: &str) -> Event {
    event(Data::ThreadCreated(ThreadCreated {
        thread_id: parsed(thread_id),
        course_id: parsed(course_id),
        title: text(title),
        author_id: parsed("u-1"),
    }))
}

/// Somebody read a thread.
#[must_use]
pub fn thread_viewed(thread_id: &str) -> Event {
    event(Data::ThreadViewed(ThreadViewed { thread_id: parsed(thread_id), viewer_id: None }))
}

/// A thread has this title as of this version of it.
#[must_use]
pub fn thread_edited(thread_id: &str, version: u32, title: &str) -> Event {
    let edited =
        Data::ThreadEdited(ThreadEdited { thread_id: parsed(thread_id), title: text(title), author_id: parsed("u-1") });
    Event { sequence: Text::new(format!("{version:020}")).ok(), ..event(edited) }
}

/// A thread is gone.
#[must_use]
pub fn thread_deleted(thread_id: &str) -> Event {
    event(Data::ThreadDeleted(ThreadDeleted { thread_id: parsed(thread_id) }))
}

/// The user `u-2` commented on a thread.
#[must_use]
pub fn comment_added(thread_id: &str, comment_id: &str) -> Event {
    event(Data::CommentAdded(CommentAdded {
        thread_id: parsed(thread_id),
        comment_id: parsed(comment_id),
        parent_id: None,
        author_id: parsed("u-2"),
    }))
}

/// A comment says something else.
#[must_use]
pub fn comment_edited(thread_id: &str, comment_id: &str) -> Event {
    let (thread_id, comment_id) = (parsed(thread_id), parsed(comment_id));
    event(Data::CommentEdited(CommentEdited { thread_id, comment_id }))
}

/// A comment is gone.
#[must_use]
pub fn comment_deleted(thread_id: &str, comment_id: &str) -> Event {
    let (thread_id, comment_id) = (parsed(thread_id), parsed(comment_id));
    event(Data::CommentDeleted(CommentDeleted { thread_id, comment_id }))
}

/// The user `u-3` had one vote on a thread, or a comment of it, and has another now.
#[must_use]
pub fn vote_cast(thread_id: &str, comment_id: Option<&str>, previous: Vote, vote: Vote) -> Event {
    event(Data::VoteCast(VoteCast {
        thread_id: parsed(thread_id),
        comment_id: comment_id.map(parsed),
        voter_id: parsed("u-3"),
        vote,
        previous,
    }))
}
