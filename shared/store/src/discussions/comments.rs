//! `comments`: what people say in threads.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A comment that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// Which comment.
    pub comment_id: Uuid,
    /// The thread, which is locked.
    pub thread_id: Uuid,
    /// Its place in the thread.
    pub place: i64,
    /// The comment of the same thread that it answers.
    pub parent_id: Option<Uuid>,
    /// Who wrote it.
    pub author_id: String,
    /// What it says.
    pub content: String,
    /// When it is made.
    pub created_at: OffsetDateTime,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Which comment.
    pub comment_id: Uuid,
    /// The thread.
    pub thread_id: Uuid,
    /// Its place in the thread.
    pub place: i64,
    /// The comment of the same thread that it answers.
    pub parent_id: Option<Uuid>,
    /// Who wrote it.
    pub author_id: String,
    /// What it says; null where it is deleted.
    pub content: Option<String>,
    /// How many are for it.
    pub up_votes: i64,
    /// How many are against it.
    pub down_votes: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its content changed last.
    pub edited_at: Option<OffsetDateTime>,
    /// When it was deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

/// A part of the comments of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whether the thread is deleted; no comments are shown of one that is.
    pub is_deleted: bool,
    /// In the order of their places.
    pub comments: Vec<Comment>,
}

/// Inserts a comment at its place.
pub async fn insert(connection: &mut PgConnection, comment: &NewComment) -> sqlx::Result<Comment> {
    sqlx::query_as!(
        Comment,
        "insert into comments (comment_id, thread_id, place, parent_id, author_id, content, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning comment_id, thread_id, place, parent_id, author_id, content, up_votes, down_votes, created_at, edited_at, deleted_at",
        comment.comment_id,
        comment.thread_id,
        comment.place,
        comment.parent_id as Option<Uuid>,
        comment.author_id,
        comment.content,
        comment.created_at
    )
    .fetch_one(connection)
    .await
}

/// A comment, also one that is deleted.
pub async fn find(connection: &mut PgConnection, comment_id: Uuid) -> sqlx::Result<Option<Comment>> {
    sqlx::query_as!(
        Comment,
        "select comment_id, thread_id, place, parent_id, author_id, content, up_votes, down_votes, created_at, edited_at, deleted_at
         from comments where comment_id = $1",
        comment_id
    )
    .fetch_optional(connection)
    .await
}

/// The comments of a thread in the order of their places, those after a place, at most so many. None where there is no such thread.
pub async fn list(
    connection: &mut PgConnection,
    thread_id: Uuid,
    after: i64,
    limit: i64,
) -> sqlx::Result<Option<Listed>> {
    let rows = sqlx::query_file!("queries/list_comments.sql", thread_id, after, limit).fetch_all(connection).await?;
    let Some(is_deleted) = rows.first().map(|row| row.is_deleted) else { return Ok(None) };
    // A thread of which no comments are shown is one row without a comment.
    let comments = rows.into_iter().filter_map(|row| {
        Some(Comment {
            comment_id: row.comment_id?,
            thread_id,
            place: row.place?,
            parent_id: row.parent_id,
            author_id: row.author_id?,
            content: row.content,
            up_votes: row.up_votes?,
            down_votes: row.down_votes?,
            created_at: row.created_at?,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
        })
    });
    Ok(Some(Listed { is_deleted, comments: comments.collect() }))
}

/// Gives a comment, whose thread is locked, other content, and says the version of the thread. None where nothing changes.
pub async fn edit(
    connection: &mut PgConnection,
    comment: &Comment,
    content: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_file_scalar!("queries/edit_comment.sql", comment.comment_id, comment.thread_id, content, now)
        .fetch_optional(connection)
        .await
}

/// Deletes a comment, whose thread is locked, and says the version of the thread.
pub async fn delete(connection: &mut PgConnection, comment: &Comment, now: OffsetDateTime) -> sqlx::Result<i64> {
    sqlx::query_file_scalar!("queries/delete_comment.sql", comment.comment_id, comment.thread_id, now)
        .fetch_one(connection)
        .await
}
