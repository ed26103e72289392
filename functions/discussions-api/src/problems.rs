use api::Failure;
use events::UserId;
use http::StatusCode;
use lambda::Problem;
use store::PgConnection;
use store::discussions::threads;
use uuid::Uuid;

pub(crate) fn no_thread() -> Problem {
    Problem::not_found("There is no thread with this id.")
}

pub(crate) fn no_comment() -> Problem {
    Problem::not_found("There is no comment with this id.")
}

pub(crate) fn thread_gone() -> Problem {
    gone("The thread is deleted, and its comments are with it.")
}

pub(crate) fn gone(detail: &str) -> Problem {
    Problem::new(StatusCode::GONE, "gone", "Gone", detail)
}

/// Why a thread was not found.
pub(crate) async fn missing(connection: &mut PgConnection, thread_id: Uuid) -> Failure {
    match threads::is_deleted(connection, thread_id).await {
        Ok(true) => thread_gone().into(),
        Ok(false) => no_thread().into(),
        Err(error) => error.into(),
    }
}

/// Checks that who asks is who wrote it.
pub(crate) fn only_by(author_id: &str, asks: &UserId) -> Result<(), Problem> {
    if author_id == asks.as_str() {
        return Ok(());
    }
    let detail = "Only who wrote it may change or delete it.";
    Err(Problem::new(StatusCode::FORBIDDEN, "not-the-author", "Not the author", detail).about("author"))
}
