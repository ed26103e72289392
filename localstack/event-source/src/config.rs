//! What one mapping is run with.

use std::time::Duration;

use template::{Function, Mapping};

/// The largest payload of an invocation, in bytes: Lambda's limit for synchronous invocations.
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Where everything is that an event names.
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "123456789012";

/// How long a failed batch waits before it is sent again: twice as long after each failure, up to a limit.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
}

impl Backoff {
    /// The wait after the given attempt, the first being 1, where `jitter` from 0 to 1 takes off up to half of it.
    pub(crate) fn after(self, attempt: u32, jitter: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.first.saturating_mul(1 << doublings).min(self.cap);
        full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// What one mapping is run with; [`Config::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// The mapping, as the template has it.
    pub mapping: Mapping,
    /// The name of the function that it invokes.
    pub function: String,
    /// The longest that the function may run.
    pub function_timeout: Duration,
    /// Kafka's bootstrap servers, separated by commas.
    pub bootstrap: String,
    /// Where the Invoke API is served: `http://127.0.0.1:9000`.
    pub endpoint: String,
    /// How long a failed batch waits.
    pub backoff: Backoff,
    /// After how long without a heartbeat the group takes this member for dead: 6 to 300 s by a broker's defaults.
    pub session_timeout: Duration,
    /// The time that a running invocation gets to finish at the stop.
    pub drain: Duration,
    /// How often the status is looked at; never, when there is no interval.
    pub status_every: Option<Duration>,
}

impl Config {
    /// A mapping with the defaults: back-off from 100 ms to 30 s, a session of 6 s, at the stop as long as the
    /// function may run, and the status every 30 s.
    #[must_use]
    pub fn new(function: &Function, mapping: &Mapping, bootstrap: &str, endpoint: &str) -> Self {
        Self {
            mapping: mapping.clone(),
            function: function.name.clone(),
            function_timeout: function.timeout,
            bootstrap: bootstrap.to_owned(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            backoff: Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(30) },
            session_timeout: Duration::from_secs(6),
            drain: function.timeout,
            status_every: Some(Duration::from_secs(30)),
        }
    }

    /// The longest time between two polls: polls rest while an invocation runs.
    pub(crate) fn poll_limit(&self) -> Duration {
        invoke_limit(self.function_timeout) + Duration::from_mins(1)
    }
}

/// The longest that an invocation is waited for. It is longer than the function's own limit, for the time that an
/// invocation waits for its turn and that a function takes to start.
pub(crate) fn invoke_limit(function_timeout: Duration) -> Duration {
    function_timeout + Duration::from_secs(30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_jitter_takes_off_at_most_half() {
        let backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(30) };
        let waits = [1, 2, 3, 9, 10, u32::MAX].map(|attempt| backoff.after(attempt, 0.0).as_millis());
        assert_eq!(waits, [100, 200, 400, 25_600, 30_000, 30_000]);
        assert_eq!(backoff.after(1, 1.0).as_millis(), 50);
        assert_eq!(backoff.after(u32::MAX, 1.0).as_millis(), 15_000);
    }
}
