//! `votes`: one a person on a thread, and one on each of its comments.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A vote that becomes another one: `up`, `down` or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewVote<'a> {
    /// The thread, which is locked.
    pub thread_id: Uuid,
    /// The comment, where the vote is not on the thread itself.
    pub comment_id: Option<Uuid>,
    /// Who votes.
    pub voter_id: &'a str,
    /// Their vote until now.
    pub previous: &'a str,
    /// Their vote from now on.
    pub vote: &'a str,
}

/// The votes on a thread or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Votes {
    /// The version of the thread.
    pub version: i64,
    /// How many are for it.
    pub up_votes: i64,
    /// How many are against it.
    pub down_votes: i64,
}

/// Somebody's vote, `up` or `down`, on a thread, or on one of its comments. The thread is locked.
pub async fn find(
    connection: &mut PgConnection,
    thread_id: Uuid,
    comment_id: Option<Uuid>,
    voter_id: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select vote from votes where thread_id = $1 and voter_id = $2 and comment_id is not distinct from $3",
        thread_id,
        voter_id,
        comment_id as Option<Uuid>
    )
    .fetch_optional(connection)
    .await
}

/// Changes somebody's vote, and says how many there are now. The thread is locked since before the vote was looked for.
pub async fn cast(connection: &mut PgConnection, vote: &NewVote<'_>, now: OffsetDateTime) -> sqlx::Result<Votes> {
    sqlx::query_file_as!(
        Votes,
        "queries/cast_vote.sql",
        vote.thread_id,
        vote.comment_id as Option<Uuid>,
        vote.voter_id,
        vote.vote,
        vote.previous,
        now
    )
    .fetch_one(connection)
    .await
}
