//! `threads`: what people discuss, and how much there is of it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A thread that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewThread {
    /// Which thread.
    pub thread_id: Uuid,
    /// The course that it is about.
    pub course_id: String,
    /// What it is called.
    pub title: String,
    /// What it says.
    pub content: String,
    /// Who wrote it.
    pub author_id: String,
    /// When it is made.
    pub created_at: OffsetDateTime,
}

/// A thread that is not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Which thread.
    pub thread_id: Uuid,
    /// The course that it is about.
    pub course_id: String,
    /// What it is called.
    pub title: String,
    /// What it says; null in lists.
    pub content: Option<String>,
    /// Who wrote it.
    pub author_id: String,
    /// How often it was read.
    pub views: i64,
    /// How many comments it has that are not deleted.
    pub comments: i64,
    /// How many are for it.
    pub up_votes: i64,
    /// How many are against it.
    pub down_votes: i64,
    /// How many events there were of it.
    pub version: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When title or content changed last.
    pub edited_at: Option<OffsetDateTime>,
}

/// A thread that is locked until the transaction ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Who wrote it.
    pub author_id: String,
    /// How many are for it.
    pub up_votes: i64,
    /// How many are against it.
    pub down_votes: i64,
    /// Whether it is deleted.
    pub is_deleted: bool,
}

/// What another comment of a thread is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The place of the comment in the thread.
    pub place: i64,
    /// The version of the thread that has it.
    pub version: i64,
}

/// Inserts a thread, whose version is 1.
pub async fn insert(connection: &mut PgConnection, thread: &NewThread) -> sqlx::Result<Thread> {
    sqlx::query_as!(
        Thread,
        r#"insert into threads (thread_id, course_id, title, content, author_id, created_at) values ($1, $2, $3, $4, $5, $6)
           returning thread_id, course_id, title as "title!", content, author_id, views, comments, up_votes, down_votes, version,
               created_at, edited_at"#,
        thread.thread_id,
        thread.course_id,
        thread.title,
        thread.content,
        thread.author_id,
        thread.created_at
    )
    .fetch_one(connection)
    .await
}

/// Counts another view of a thread, where it is there.
pub async fn view(connection: &mut PgConnection, thread_id: Uuid) -> sqlx::Result<Option<Thread>> {
    sqlx::query_as!(
        Thread,
        r#"update threads set views = views + 1, version = version + 1 where thread_id = $1 and deleted_at is null
           returning thread_id, course_id, title as "title!", content, author_id, views, comments, up_votes, down_votes, version,
               created_at, edited_at"#,
        thread_id
    )
    .fetch_optional(connection)
    .await
}

/// A thread, where it is there.
pub async fn find(connection: &mut PgConnection, thread_id: Uuid) -> sqlx::Result<Option<Thread>> {
    sqlx::query_as!(
        Thread,
        r#"select thread_id, course_id, title as "title!", content, author_id, views, comments, up_votes, down_votes, version,
               created_at, edited_at
           from threads where thread_id = $1 and deleted_at is null"#,
        thread_id
    )
    .fetch_optional(connection)
    .await
}

/// Whether a thread was there, and is deleted.
pub async fn is_deleted(connection: &mut PgConnection, thread_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from threads where thread_id = $1 and deleted_at is not null) as "is_deleted!""#,
        thread_id
    )
    .fetch_one(connection)
    .await
}

/// The latest threads of a course, those before a place (when it was made, and its id) where there is one, at most so many, without
/// what they say.
pub async fn list(
    connection: &mut PgConnection,
    course_id: &str,
    before: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<Thread>> {
    let (created_at, thread_id) = before.unzip();
    sqlx::query_file_as!(
        Thread,
        "queries/list_threads.sql",
        course_id,
        created_at as Option<OffsetDateTime>,
        thread_id as Option<Uuid>,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Locks a thread, where it is there or was, until the transaction ends.
pub async fn lock(connection: &mut PgConnection, thread_id: Uuid) -> sqlx::Result<Option<Locked>> {
    sqlx::query_as!(
        Locked,
        r#"select author_id, up_votes, down_votes, deleted_at is not null as "is_deleted!"
           from threads where thread_id = $1 for no key update"#,
        thread_id
    )
    .fetch_optional(connection)
    .await
}

/// Locks the thread of a comment until the transaction ends. What else there is to know of the comment is to be asked for after it:
/// this statement may have waited, and sees the comment as it was before.
pub async fn lock_of_comment(connection: &mut PgConnection, comment_id: Uuid) -> sqlx::Result<Option<Locked>> {
    sqlx::query_as!(
        Locked,
        r#"select author_id, up_votes, down_votes, deleted_at is not null as "is_deleted!"
           from threads where thread_id = (select comments.thread_id from comments where comment_id = $1) for no key update"#,
        comment_id
    )
    .fetch_optional(connection)
    .await
}

/// Makes room for another comment of a thread, where it is there, and locks it.
pub async fn add_place(connection: &mut PgConnection, thread_id: Uuid) -> sqlx::Result<Option<Place>> {
    sqlx::query_as!(
        Place,
        "update threads set comments = comments + 1, last_place = last_place + 1, version = version + 1
         where thread_id = $1 and deleted_at is null returning last_place as place, version",
        thread_id
    )
    .fetch_optional(connection)
    .await
}

/// Gives a thread, which is locked, another title, other content, or both, and says its version. None where nothing changes. A clock
/// that is behind does not set back when it was edited.
pub async fn edit(
    connection: &mut PgConnection,
    thread_id: Uuid,
    (title, content): (Option<&str>, Option<&str>),
    now: OffsetDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "update threads set title = coalesce($2, title), content = coalesce($3, content),
             edited_at = greatest(edited_at, $4), version = version + 1
         where thread_id = $1 and (title <> $2 or content <> $3) returning version",
        thread_id,
        title as Option<&str>,
        content as Option<&str>,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Deletes a thread, which is locked and there, and says its version. It is not deleted before it was edited.
pub async fn delete(connection: &mut PgConnection, thread_id: Uuid, now: OffsetDateTime) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "update threads set title = null, content = null, deleted_at = greatest(edited_at, $2), version = version + 1
         where thread_id = $1 and deleted_at is null returning version",
        thread_id,
        now
    )
    .fetch_one(connection)
    .await
}
