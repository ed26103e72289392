use api::Failure;
use axum::extract::{FromRequestParts, Path};
use events::{CourseId, ThreadId};
use http::request::Parts;
use lambda::Problem;

/// The thread in the path. What can be no id is that of none.
pub(crate) struct ThreadInPath(pub(crate) ThreadId);

impl<S: Send + Sync> FromRequestParts<S> for ThreadInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| no_thread().into())
    }
}

pub(crate) fn no_thread() -> Problem {
    Problem::not_found("No event told of a thread with this id.")
}

/// The course in the path. What can be no id is that of none.
pub(crate) struct CourseInPath(pub(crate) CourseId);

impl<S: Send + Sync> FromRequestParts<S> for CourseInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| no_course().into())
    }
}

pub(crate) fn no_course() -> Problem {
    Problem::not_found("No event told of a thread in a course with this id.")
}
