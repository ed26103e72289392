use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether the broker is away, as the outcomes of publishing say.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    failures: AtomicU32,
    known: AtomicBool,
    /// What librdkafka last said of the connection.
    reason: Mutex<String>,
}

impl Outage {
    /// Whether records should be refused at once.
    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// A record was acknowledged, or a probe answered.
    pub(crate) fn over(&self) {
        self.failures.store(0, Ordering::Release);
        self.known.store(false, Ordering::Release);
    }

    /// A record could not be published. True where the outage becomes known by it: then somebody has to start probing.
    pub(crate) fn failed(&self, threshold: u32) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
        failures >= threshold && !self.known.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn note(&self, reason: &str) {
        reason.clone_into(&mut self.reason.lock().expect("no holder panics"));
    }

    pub(crate) fn reason(&self) -> String {
        self.reason.lock().expect("no holder panics").clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_known_after_failures_in_a_row_and_announced_once() {
        let outage = Outage::default();
        assert!(!outage.failed(2));
        outage.over();
        assert!(!outage.failed(2), "a success between them starts the count anew");
        assert!(outage.failed(2));
        assert!(!outage.failed(2), "one probe is enough");
        assert!(outage.is_known());
        outage.over();
        assert!(!outage.is_known());
    }
}
