use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use lambda::Problem;
use store::Fault;
use uuid::Uuid;

/// The longest part of a JSON error that is repeated to the client, in bytes: it may quote the body.
const REASON_LIMIT: usize = 200;

/// Why a request was not carried out.
pub enum Failure {
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
                match Fault::of(&error) {
                    Fault::Passing => Problem::unavailable("The request cannot be carried out right now.", id, 2),
                    // Sent again, it would fail again.
                    Fault::Ours | Fault::Data { .. } => Problem::internal(id),
                }
                .into_response()
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

/// The client has to mend this field of its request.
#[must_use]
pub fn invalid(field: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-request", "Invalid request", detail).about(field)
}

/// The body is of a kind that is not taken; `detail` says which is.
#[must_use]
pub fn unsupported_media_type(detail: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
}

/// The problem with a body that was not read whole, of at most so many bytes.
#[must_use]
pub fn unread_body(error: &BytesRejection, limit: usize) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("The body is larger than {limit} bytes.");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large", detail).about("body");
    }
    invalid("body", "The body could not be read to its end.")
}

/// What is wrong with JSON, short enough to be repeated.
#[must_use]
pub fn reason(error: &serde_json::Error) -> String {
    let mut reason = error.to_string();
    if reason.len() > REASON_LIMIT {
        reason.truncate(reason.floor_char_boundary(REASON_LIMIT));
        reason.push('…');
    }
    reason
}

/// The media type of the body, in lower case and without parameters; empty where there is none.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
