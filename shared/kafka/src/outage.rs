use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Whether the broker is away, as the outcomes of publishing say.
#[derive(Debug)]
pub(crate) struct Outage(Mutex<State>);

#[derive(Debug)]
struct State {
    failures: u32,
    is_known: bool,
    /// When somebody last began to find out.
    tried_at: SystemTime,
    /// What librdkafka last said of the connection.
    reason: String,
}

impl Outage {
    pub(crate) fn new() -> Self {
        let (tried_at, reason) = (SystemTime::UNIX_EPOCH, String::new());
        Self(Mutex::new(State { failures: 0, is_known: false, tried_at, reason }))
    }

    /// Whether a record should be refused at once. While the outage is known, one record is let through whenever nobody has
    /// tried for `patience`: a frozen environment does not probe.
    pub(crate) fn refuses(&self, now: SystemTime, patience: Duration) -> bool {
        let mut state = self.state();
        let is_recent = now.duration_since(state.tried_at).is_ok_and(|since| since < patience);
        if state.is_known && !is_recent {
            state.tried_at = now;
            return false;
        }
        state.is_known
    }

    /// A probe begins.
    pub(crate) fn tries(&self, now: SystemTime) {
        self.state().tried_at = now;
    }

    /// A record was acknowledged.
    pub(crate) fn over(&self) {
        let mut state = self.state();
        (state.failures, state.is_known) = (0, false);
        state.reason.clear();
    }

    /// A probe was answered. That is less than an acknowledgement: the next failure makes the outage known again.
    pub(crate) fn answers(&self, threshold: u32) {
        let mut state = self.state();
        (state.failures, state.is_known) = (threshold.saturating_sub(1), false);
        state.reason.clear();
    }

    /// A record could not be published. True where the outage becomes known by it: then somebody has to start probing.
    pub(crate) fn failed(&self, now: SystemTime, threshold: u32) -> bool {
        let mut state = self.state();
        state.tried_at = now;
        state.failures = state.failures.saturating_add(1);
        let becomes_known = state.failures >= threshold && !state.is_known;
        state.is_known |= becomes_known;
        becomes_known
    }

    pub(crate) fn is_known(&self) -> bool {
        self.state().is_known
    }

    pub(crate) fn note(&self, reason: &str) {
        reason.clone_into(&mut self.state().reason);
    }

    pub(crate) fn reason(&self) -> String {
        self.state().reason.clone()
    }

    /// Every state is a valid one, whoever panicked with it in hand.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of day: a monotonic clock may stand still while the environment is frozen.
#[expect(clippy::disallowed_methods, reason = "what is measured is the time that passes outside")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(3);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn an_outage_is_known_after_failures_in_a_row_and_announced_once() {
        let outage = Outage::new();
        assert!(!outage.failed(at(0), 2));
        outage.over();
        assert!(!outage.failed(at(0), 2), "a success between them starts the count anew");
        assert!(outage.failed(at(0), 2));
        assert!(!outage.failed(at(0), 2), "one probe is enough");
        assert!(outage.refuses(at(1), PATIENCE));
        outage.over();
        assert!(!outage.refuses(at(1), PATIENCE));
    }

    #[test]
    fn an_environment_that_was_frozen_in_an_outage_tries_once_when_it_is_thawed() {
        let outage = Outage::new();
        assert!(outage.failed(at(0), 1));
        assert!(outage.refuses(at(2), PATIENCE));
        assert!(!outage.refuses(at(60), PATIENCE), "nobody has tried for a minute");
        assert!(outage.refuses(at(60), PATIENCE), "one is enough");
    }

    #[test]
    fn while_probes_go_on_no_record_has_to_try() {
        let outage = Outage::new();
        assert!(outage.failed(at(0), 1));
        for second in 1..10 {
            outage.tries(at(second));
            assert!(outage.refuses(at(second + 1), PATIENCE));
        }
    }

    #[test]
    fn after_an_answered_probe_one_more_failure_is_enough() {
        let outage = Outage::new();
        let announced: Vec<bool> = (0..3).map(|_| outage.failed(at(0), 3)).collect();
        assert_eq!(announced, [false, false, true]);
        outage.answers(3);
        assert!(!outage.refuses(at(1), PATIENCE));
        assert!(outage.failed(at(1), 3));
    }
}
