use serde::Serialize;
use store::discussions::comments::Comment;
use store::discussions::threads::Thread;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A thread, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThreadSummary)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryAnswer {
    /// Which thread.
    thread_id: Uuid,
    /// The course that it is about.
    #[schema(example = "rust-101")]
    course_id: String,
    /// What it is called.
    #[schema(example = "When does a borrow end?")]
    title: String,
    /// Who wrote it.
    #[schema(example = "u-1842")]
    author: String,
    /// How often it was read.
    #[schema(minimum = 0)]
    views: i64,
    /// How many comments it has that are not deleted.
    #[schema(minimum = 0)]
    comments: i64,
    /// How many are for it.
    #[schema(minimum = 0)]
    up_votes: i64,
    /// How many are against it.
    #[schema(minimum = 0)]
    down_votes: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When title or content changed last; null where they never did.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    edited_at: Option<OffsetDateTime>,
}

/// A thread with what it says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Thread)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadAnswer {
    /// What lists say of it.
    #[serde(flatten)]
    summary: SummaryAnswer,
    /// What it says.
    #[schema(example = "I expected it to last until the end of the block.")]
    content: String,
}

/// A comment on a thread.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentAnswer {
    /// Which comment.
    comment_id: Uuid,
    /// The thread.
    thread_id: Uuid,
    /// The comment of the same thread that it answers; null where it answers the thread.
    #[schema(required)]
    parent_id: Option<Uuid>,
    /// The how-manieth comment of the thread it is.
    #[schema(minimum = 1)]
    place: i64,
    /// Who wrote it.
    #[schema(example = "u-1842")]
    author: String,
    /// What it says; null where it is deleted.
    #[schema(required, example = "It ends where it is used last.")]
    content: Option<String>,
    /// How many are for it.
    #[schema(minimum = 0)]
    up_votes: i64,
    /// How many are against it.
    #[schema(minimum = 0)]
    down_votes: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When its content changed last; null where it never did.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    edited_at: Option<OffsetDateTime>,
    /// When it was deleted; null where it is there.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    deleted_at: Option<OffsetDateTime>,
}

impl SummaryAnswer {
    pub(crate) fn of(thread: Thread) -> Self {
        Self {
            thread_id: thread.thread_id,
            course_id: thread.course_id,
            title: thread.title,
            author: thread.author_id,
            views: thread.views,
            comments: thread.comments,
            up_votes: thread.up_votes,
            down_votes: thread.down_votes,
            created_at: thread.created_at,
            edited_at: thread.edited_at,
        }
    }
}

impl ThreadAnswer {
    pub(crate) fn of(mut thread: Thread) -> Self {
        Self { content: thread.content.take().unwrap_or_default(), summary: SummaryAnswer::of(thread) }
    }
}

impl CommentAnswer {
    pub(crate) fn of(comment: Comment) -> Self {
        Self {
            comment_id: comment.comment_id,
            thread_id: comment.thread_id,
            parent_id: comment.parent_id,
            place: comment.place,
            author: comment.author_id,
            content: comment.content,
            up_votes: comment.up_votes,
            down_votes: comment.down_votes,
            created_at: comment.created_at,
            edited_at: comment.edited_at,
            deleted_at: comment.deleted_at,
        }
    }
}
