//! Locks that a change holds until it ends: that of the thread before all else, so that its changes come one after the other.

use api::Failure;
use store::PgConnection;
use store::discussions::comments::{self, Comment};
use store::discussions::threads::{self, Locked};
use uuid::Uuid;

use crate::problems::{gone, no_comment, no_thread, thread_gone};

/// Locks a thread that is there.
pub(crate) async fn thread(connection: &mut PgConnection, thread_id: Uuid) -> Result<Locked, Failure> {
    let thread = threads::lock(connection, thread_id).await?.ok_or_else(no_thread)?;
    if thread.is_deleted { Err(thread_gone().into()) } else { Ok(thread) }
}

/// Locks the thread of a comment, where both are there, and gives the comment.
pub(crate) async fn comment(connection: &mut PgConnection, comment_id: Uuid) -> Result<Comment, Failure> {
    let thread = threads::lock_of_comment(connection, comment_id).await?.ok_or_else(no_comment)?;
    if thread.is_deleted {
        return Err(thread_gone().into());
    }
    // Only now that nobody else changes it.
    let comment = comments::find(connection, comment_id).await?.ok_or_else(no_comment)?;
    if comment.deleted_at.is_some() { Err(gone("The comment is deleted.").into()) } else { Ok(comment) }
}
