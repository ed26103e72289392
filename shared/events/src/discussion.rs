use serde::{Deserialize, Serialize};

use crate::{CommentId, CourseId, Text, ThreadId, UserId};

/// `thread.created` 1.0: there is a new thread. What it says besides its title does not travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadCreated {
    /// The new thread.
    pub thread_id: ThreadId,
    /// The course that it is about.
    pub course_id: CourseId,
    /// What it is called.
    pub title: Text<1200>,
    /// Who wrote it.
    pub author_id: UserId,
}

/// `thread.viewed` 1.0: somebody read a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadViewed {
    /// The thread.
    pub thread_id: ThreadId,
    /// Who read it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer_id: Option<UserId>,
}

/// `thread.edited` 1.0: a thread says something else, or is called something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadEdited {
    /// The thread.
    pub thread_id: ThreadId,
    /// What it is called now, which may be what it was called before.
    pub title: Text<1200>,
    /// Whose it is, and who has edited it.
    pub author_id: UserId,
}

/// `thread.deleted` 1.0: a thread is gone, and all its comments are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadDeleted {
    /// The thread.
    pub thread_id: ThreadId,
}

/// `comment.added` 1.0: somebody commented on a thread. What they said does not travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentAdded {
    /// The thread.
    pub thread_id: ThreadId,
    /// The new comment.
    pub comment_id: CommentId,
    /// The comment of the same thread that it answers, where it does not answer the thread itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CommentId>,
    /// Who wrote it.
    pub author_id: UserId,
}

/// `comment.edited` 1.0: a comment says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentEdited {
    /// The thread.
    pub thread_id: ThreadId,
    /// The comment.
    pub comment_id: CommentId,
}

/// `comment.deleted` 1.0: a comment is gone. Answers to it stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentDeleted {
    /// The thread.
    pub thread_id: ThreadId,
    /// The comment.
    pub comment_id: CommentId,
}

/// `vote.cast` 1.0: somebody voted, changed their vote or took it back. It says what changed, so that votes add up in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VoteCast {
    /// The thread.
    pub thread_id: ThreadId,
    /// The comment that they voted on, where it was not the thread itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment_id: Option<CommentId>,
    /// Who voted.
    pub voter_id: UserId,
    /// Their vote now.
    pub vote: Vote,
    /// Their vote until now.
    pub previous: Vote,
}

/// What somebody thinks of a thread or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// They are for it.
    Up,
    /// They are against it.
    Down,
    /// They have no vote.
    None,
}

impl Vote {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::None => "none",
        }
    }
}
