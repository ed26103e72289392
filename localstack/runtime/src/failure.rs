//! What a caller gets when an invocation has no answer.

use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;

use crate::config::PAYLOAD_LIMIT;

/// The error of a function or of its runtime: the JSON body that Lambda answers with `X-Amz-Function-Error`.
#[derive(Debug, Clone)]
pub(crate) struct Failure(pub(crate) Bytes);

/// How an environment was lost in the middle of an invocation.
#[derive(Debug)]
pub(crate) enum Lost {
    /// It ended by itself, in this way.
    Exited(String),
    /// It ran past this limit.
    TimedOut(Duration),
    /// It held so many bytes.
    OutOfMemory(u64),
}

impl Failure {
    pub(crate) fn new(error_type: &str, message: &str) -> Self {
        Self(json!({ "errorType": error_type, "errorMessage": message }).to_string().into())
    }

    pub(crate) fn lost(request_id: &str, how: &Lost) -> Self {
        match how {
            Lost::Exited(how) => Self::exited(request_id, how),
            // Lambda's own words: nothing in them tells of memory.
            Lost::OutOfMemory(_) => Self::exited(request_id, "signal: killed"),
            Lost::TimedOut(limit) => {
                let seconds = limit.as_secs_f64();
                let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
                Self::new("Sandbox.Timedout", &message)
            }
        }
    }

    fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::new("Runtime.ExitError", &message)
    }

    pub(crate) fn too_large() -> Self {
        let limit = PAYLOAD_LIMIT;
        let message = format!("response payload size exceeded the maximum allowed payload size ({limit} bytes)");
        Self::new("Function.ResponseSizeTooLarge", &message)
    }

    pub(crate) fn no_answer() -> Self {
        Self::new("Runtime.NoResponse", "the function polled again without an answer")
    }

    pub(crate) fn never_polled(limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        let message = format!("the function did not poll for an invocation within {seconds:.2} seconds of its start");
        Self::new("Sandbox.Timedout", &message)
    }

    /// One line for the log.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).chars().take(500).collect()
    }
}

impl Lost {
    /// Lambda's word for it.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "timeout",
            Self::Exited(_) | Self::OutOfMemory(_) => "error\tError Type: Runtime.ExitError",
        }
    }
}

/// The answer of a function, or why there is none.
pub(crate) type Outcome = Result<Bytes, Failure>;
