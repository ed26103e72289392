use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lambda::Problem;
use uuid::Uuid;

/// Why a request was not carried out.
pub(crate) enum Failure {
    /// The client can mend it.
    Problem(Problem),
    /// The database did not do its part.
    Database(store::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    #[expect(clippy::disallowed_methods, reason = "an id for the log and the answer, which nothing else depends on")]
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Database(error) => {
                let id = Uuid::now_v7();
                tracing::error!(error.id = %id, error.message = %error, "The database did not answer as it should");
                Problem::unavailable("The request cannot be carried out right now.", id, 2).into_response()
            }
        }
    }
}

pub(crate) async fn no_route() -> Response {
    Problem::not_found("There is nothing at this path.").into_response()
}

pub(crate) async fn no_method() -> Response {
    let detail = "This path does not know this method.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail).into_response()
}

pub(crate) fn no_link() -> Problem {
    Problem::not_found("There is no link with this code.")
}

/// The client has to mend this field of its request.
pub(crate) fn invalid(field: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-request", "Invalid request", detail).about(field)
}

pub(crate) fn taken(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "code-taken", "Code taken", detail).about("code")
}
