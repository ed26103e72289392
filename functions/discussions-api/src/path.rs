use api::Failure;
use axum::extract::{FromRequestParts, Path};
use events::{CommentId, ThreadId};
use http::request::Parts;
use uuid::Uuid;

use crate::problems::{no_comment, no_thread};

/// The thread in the path. What can be no id is that of none.
pub(crate) struct ThreadInPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ThreadInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok().and_then(|Path(id)| uuid(&id)).map(Self).ok_or_else(|| no_thread().into())
    }
}

/// The comment in the path. What can be no id is that of none.
pub(crate) struct CommentInPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for CommentInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok().and_then(|Path(id)| uuid(&id)).map(Self).ok_or_else(|| no_comment().into())
    }
}

/// An id as it is answered, with hyphens and in lower case. Nothing has another one: who compares texts must not find two of one thing.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    text.parse::<Uuid>().ok().filter(|id| id.to_string() == text)
}

/// A thread, as events name it.
pub(crate) fn thread_id(id: Uuid) -> ThreadId {
    id.to_string().parse().expect("a UUID is of letters, digits and hyphens")
}

/// A comment, as events name it.
pub(crate) fn comment_id(id: Uuid) -> CommentId {
    id.to_string().parse().expect("a UUID is of letters, digits and hyphens")
}
