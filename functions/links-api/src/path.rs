use api::Failure;
use axum::extract::{FromRequestParts, Path};
use events::ShortCode;
use http::request::Parts;

use crate::problems::no_link;

/// The code in the path. What cannot be a code (PostgreSQL, for one, takes no NUL) is that of no link.
pub(crate) struct CodeInPath(pub(crate) ShortCode);

impl<S: Send + Sync> FromRequestParts<S> for CodeInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(code)| Self(code)).map_err(|_| no_link().into())
    }
}
