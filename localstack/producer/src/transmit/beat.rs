use std::time::Duration;

use tokio::time::Instant;

/// So much of what a pause has cost is caught up with at most.
const CATCH_UP: Duration = Duration::from_secs(1);

/// When the next records go out, so that a rate is kept.
pub(super) struct Beat {
    rate: Option<u32>,
    next: Instant,
}

impl Beat {
    pub(super) fn start(rate: Option<u32>, started: Instant) -> Self {
        Self { rate, next: started }
    }

    /// The moment for so many records that are ready now. After a pause it goes on at the rate, and not with all that is overdue.
    pub(super) fn next(&mut self, now: Instant, records: usize) -> Instant {
        let Some(rate) = self.rate else { return now };
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let due = self.next.max(earliest);
        self.next = due + Duration::from_secs(records as u64) / rate.max(1);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_and_without_one_nothing_waits() {
        let started = Instant::now();
        let millis = |millis| started + Duration::from_millis(millis);
        let mut beat = Beat::start(Some(100), started);
        assert_eq!([5, 5, 10, 5].map(|records| beat.next(started, records)), [0, 50, 100, 200].map(millis));
        let mut none = Beat::start(None, started);
        assert_eq!([0, 70].map(|now| none.next(millis(now), 1000)), [0, 70].map(millis));
    }

    #[test]
    fn after_a_pause_no_more_than_a_second_is_caught_up_with() {
        let started = Instant::now();
        let later = started + Duration::from_mins(5);
        let mut beat = Beat::start(Some(100), started);
        beat.next(started, 5);
        let parts = (0..60).filter(|_| beat.next(later, 5) <= later).count();
        assert_eq!(parts, 21, "those of a second, and the one that is due");
    }
}
