//! What a caller gets when an invocation has no answer.

use axum::body::Bytes;
use serde_json::json;

/// The error of a function or of its runtime: the JSON body that Lambda answers with `X-Amz-Function-Error`.
#[derive(Debug, Clone)]
pub(crate) struct Failure(pub(crate) Bytes);

impl Failure {
    pub(crate) fn new(error_type: &str, message: &str) -> Self {
        Self(json!({ "errorType": error_type, "errorMessage": message }).to_string().into())
    }

    pub(crate) fn timed_out(request_id: &str, timeout: std::time::Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::new("Sandbox.Timedout", &message)
    }

    pub(crate) fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::new("Runtime.ExitError", &message)
    }

    /// One line for the log.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).chars().take(500).collect()
    }
}

/// The answer of a function, or why there is none.
pub(crate) type Outcome = Result<Bytes, Failure>;
