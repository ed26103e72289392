use std::time::Duration;

use tokio::time::Instant;

/// For how long is waited. It begins anew whenever less is missing than ever before.
pub struct Patience {
    wait: Duration,
    least: u64,
    /// None where that is later than a clock can say.
    end: Option<Instant>,
}

impl Patience {
    /// Begins now.
    #[must_use]
    pub fn new(wait: Duration, now: Instant) -> Self {
        Self { wait, least: u64::MAX, end: now.checked_add(wait) }
    }

    /// Takes note of how much is missing now.
    pub fn note(&mut self, missing: u64, now: Instant) {
        if missing < self.least {
            self.least = missing;
            self.end = now.checked_add(self.wait);
        }
    }

    /// Whether nothing more is waited for.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_begins_anew_when_something_has_come_and_not_when_something_is_gone_again() {
        let start = Instant::now();
        let mut patience = Patience::new(3 * SECOND, start);
        patience.note(10, start);
        patience.note(9, start + 2 * SECOND);
        assert!(!patience.is_over(start + 4 * SECOND));
        patience.note(10, start + 4 * SECOND);
        patience.note(9, start + 4 * SECOND);
        assert!(patience.is_over(start + 5 * SECOND));
    }

    #[test]
    fn none_ends_at_once_and_one_beyond_every_clock_never() {
        let start = Instant::now();
        assert!(Patience::new(Duration::ZERO, start).is_over(start));
        let mut patience = Patience::new(Duration::from_secs(u64::MAX), start);
        patience.note(1, start);
        assert!(!patience.is_over(start + 1000 * SECOND));
    }
}
