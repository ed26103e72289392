use std::time::Instant;

use metrics::{Group, Metric};
use time::OffsetDateTime;

use crate::take_statements;

/// A request that is being answered, and what is to be said of it. One that is never answered says nothing: Lambda counts it in the
/// function's `Errors`.
#[derive(Debug)]
#[must_use = "it says something once it is answered"]
pub struct Request {
    function: &'static str,
    now: OffsetDateTime,
    began: Instant,
}

impl Request {
    /// Begins one, at this time.
    pub fn begin(function: &'static str, now: OffsetDateTime) -> Self {
        // Those of a request that panicked are nobody's.
        drop(take_statements());
        Self { function, now, began: Instant::now() }
    }

    /// Ends it, with one line of figures: a request of this status, how long it took, and each of its statements.
    pub fn answered(self, status: u16) {
        let (function, status) = (("function", self.function), status.to_string());
        let requests = [Metric::count("http_requests", 1)];
        let durations = [
            Metric::seconds("http_request_duration_seconds", self.began.elapsed().as_secs_f64()),
            Metric::seconds_each("database_operation_seconds", take_statements()),
        ];
        let groups = [
            Group { dimensions: &[function, ("status", &status)], metrics: &requests },
            Group { dimensions: &[function], metrics: &durations },
        ];
        metrics::write_groups(self.now, &groups);
    }
}
