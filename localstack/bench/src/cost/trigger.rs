//! What invokes a function, how often an hour, and for how long.

use std::fmt;
use std::time::Duration;

const HOUR_SECONDS: f64 = 3600.0;
/// With so much memory a function has one whole processor; with less, a share of one.
pub(crate) const WHOLE_PROCESSOR_MB: f64 = 1769.0;

/// Why a function is invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// By the HTTP API.
    Http,
    /// By a batch of this topic.
    Topic(String),
    /// At this interval.
    Schedule(Duration),
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http => f.pad("HTTP"),
            Self::Topic(topic) => f.pad(topic),
            Self::Schedule(every) if every.as_secs() % 3600 == 0 => {
                f.pad(&format!("every {} h", every.as_secs() / 3600))
            }
            Self::Schedule(every) => f.pad(&format!("every {} min", every.as_secs() / 60)),
        }
    }
}

/// What an hour has of one function by one trigger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invocations {
    pub(crate) function: String,
    pub(crate) memory_mb: u32,
    pub(crate) trigger: Trigger,
    /// How many an hour.
    pub(crate) count: f64,
    /// What one is billed, in milliseconds: whole ones.
    pub(crate) billed_ms: f64,
    /// Whether that was measured; otherwise it is taken to be so.
    pub(crate) is_measured: bool,
}

impl Invocations {
    pub(crate) fn seconds(&self) -> f64 {
        self.count * self.billed_ms / 1e3
    }

    pub(crate) fn gb_seconds(&self) -> f64 {
        self.seconds() * f64::from(self.memory_mb) / 1024.0
    }

    /// Those that came through the HTTP API.
    pub(crate) fn http_requests(&self) -> f64 {
        if self.trigger == Trigger::Http { self.count } else { 0.0 }
    }
}

/// Batches of a mapping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Batches {
    /// How many an hour.
    pub(crate) count: f64,
    /// Records of one.
    pub(crate) records: f64,
}

impl Batches {
    /// Of records that come at this rate a second, independent of each other, to so many pollers: a batch is its first record and what
    /// comes within the window after it, or full before that.
    pub(crate) fn of(records_a_second: f64, window: Duration, batch_size: u32, pollers: u16) -> Self {
        let each = records_a_second / f64::from(pollers);
        let records = (1.0 + each * window.as_secs_f64()).min(batch_size.into());
        Self { count: an_hour(records_a_second) / records, records }
    }
}

/// How many an hour of so many a second.
pub(crate) fn an_hour(a_second: f64) -> f64 {
    a_second * HOUR_SECONDS
}

/// How often an hour an interval is over.
pub(crate) fn ticks(every: Duration) -> f64 {
    HOUR_SECONDS / every.as_secs_f64()
}

/// How many times as long work of the processor takes with so much memory as with a whole processor.
pub(crate) fn slowdown(memory_mb: u32) -> f64 {
    (WHOLE_PROCESSOR_MB / f64::from(memory_mb)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_batches(batches: Batches, count: f64, records: f64) {
        assert!((batches.count - count).abs() < 1e-6 && (batches.records - records).abs() < 1e-9, "{batches:?}");
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_batch_is_its_first_record_and_what_comes_in_the_window() {
        // 99 more come in the second: 360,000 records an hour in batches of 100.
        assert_batches(Batches::of(99.0, SECOND, 5000, 1), 3564.0, 100.0);
        // One record in 100 s: each is a batch, with a hundredth of another.
        assert_batches(Batches::of(0.01, SECOND, 5000, 1), 36.0 / 1.01, 1.01);
        assert_batches(Batches::of(0.0, SECOND, 5000, 1), 0.0, 1.0);
        assert_batches(Batches::of(7.0, Duration::ZERO, 5000, 1), 25_200.0, 1.0);
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        assert_batches(Batches::of(20_000.0, SECOND, 5000, 1), 4.0 * 3600.0, 5000.0);
    }

    #[test]
    fn each_poller_has_batches_of_its_own() {
        assert_batches(Batches::of(297.0, SECOND, 5000, 3), 3.0 * 3564.0, 100.0);
    }

    #[test]
    fn little_memory_is_a_share_of_a_processor_and_much_is_no_more_than_one() {
        assert!((slowdown(512) - 3.455_078_125).abs() < 1e-12);
        assert_eq!((slowdown(1769), slowdown(3008)), (1.0, 1.0));
    }

    #[test]
    fn intervals_are_named_as_people_name_them() {
        let named = |minutes| Trigger::Schedule(Duration::from_mins(minutes)).to_string();
        assert_eq!(
            [named(1), named(5), named(60), named(1440)],
            ["every 1 min", "every 5 min", "every 1 h", "every 24 h"]
        );
    }
}
