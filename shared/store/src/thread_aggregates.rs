//! `thread_aggregates` with `thread_activity`, `thread_periods` and `course_days`: what the events of discussions come to.

mod activity;
mod add;
mod fold;

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

pub use activity::{Change, Fact, record};
pub use add::add;
pub use fold::{Happened, Turn};

/// A thread that an event created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Which thread.
    pub thread_id: String,
    /// What was said of it.
    pub content: Content,
    /// What says whether another title is newer: the greater text, byte by byte, is.
    pub title_sequence: String,
    /// Who made the event.
    pub event_source: String,
    /// Which of its events it is.
    pub event_id: String,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// What two events that create one thread must agree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The course that it is about.
    pub course_id: String,
    /// What it was called first.
    pub title: String,
    /// Who wrote it.
    pub author_id: String,
}

/// What decides what becomes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What set the title.
    pub title_sequence: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
}

/// Which of these threads are there, the deleted ones among them.
pub async fn existing(connection: &mut PgConnection, thread_ids: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select thread_id from thread_aggregates where thread_id = any($1)", thread_ids)
        .fetch_all(connection)
        .await
}

/// Inserts threads, of which nothing has happened yet, and says which of them are new; of those that are there, nothing changes. Another
/// transaction that inserts one of them at the same moment is waited for. No two may have one id.
pub async fn insert(connection: &mut PgConnection, threads: &[&Thread]) -> sqlx::Result<HashSet<String>> {
    let new = sqlx::query_file_scalar!(
        "queries/insert_thread_aggregates.sql",
        &threads.iter().map(|thread| thread.thread_id.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.content.course_id.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.content.title.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.content.author_id.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.title_sequence.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.event_source.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.event_id.as_str()).collect::<Vec<_>>() as &[&str],
        &threads.iter().map(|thread| thread.created_at).collect::<Vec<_>>(),
    )
    .fetch_all(connection)
    .await?;
    Ok(new.into_iter().collect())
}

/// What was said of those of these threads that are there when they were created.
pub async fn load(connection: &mut PgConnection, thread_ids: &[&str]) -> sqlx::Result<HashMap<String, Content>> {
    let rows = sqlx::query!(
        r#"select thread_id, course_id, coalesce(created_title, title) as "title!", author_id
           from thread_aggregates where thread_id = any($1)"#,
        thread_ids as &[&str]
    )
    .fetch_all(connection)
    .await?;
    let content = rows.into_iter().map(|row| {
        let content = Content { course_id: row.course_id, title: row.title, author_id: row.author_id };
        (row.thread_id, content)
    });
    Ok(content.collect())
}

/// How those of these threads stand that are there.
pub async fn standing(connection: &mut PgConnection, thread_ids: &[&str]) -> sqlx::Result<HashMap<String, Standing>> {
    let rows = sqlx::query!(
        r#"select thread_id, title_sequence, deleted_at is not null as "is_deleted!"
           from thread_aggregates where thread_id = any($1)"#,
        thread_ids as &[&str]
    )
    .fetch_all(connection)
    .await?;
    let standing = rows.into_iter().map(|row| {
        let standing = Standing { title_sequence: row.title_sequence, is_deleted: row.is_deleted };
        (row.thread_id, standing)
    });
    Ok(standing.collect())
}
