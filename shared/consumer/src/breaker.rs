use settings::{Environment, SettingError};

use crate::ProcessError;

const SHARE: &str = "BREAKER_MAX_SHARE";
const COUNT: &str = "BREAKER_MAX_COUNT";

/// When a batch has so many new dead letters that something else must be wrong, such as a bad deploy: then it fails instead, and
/// the topic is not drained into `dead_letters`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breaker {
    share: f64,
    count: usize,
}

impl Breaker {
    /// Reads `BREAKER_MAX_SHARE` (0.5) and `BREAKER_MAX_COUNT` (100): a batch fails when it is past both.
    pub(crate) fn read(environment: &Environment) -> Result<Self, SettingError> {
        let share: f64 = environment.parsed(SHARE, 0.5)?;
        if !(0.0..=1.0).contains(&share) {
            return Err(SettingError::Invalid { name: SHARE.to_owned(), reason: "it is from 0 to 1".to_owned() });
        }
        Ok(Self { share, count: environment.parsed(COUNT, 100)? })
    }

    /// Fails where so many new dead letters among so many records are past both.
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 records")]
    pub(crate) fn check(self, dead_lettered: usize, records: usize) -> Result<(), ProcessError> {
        if dead_lettered > self.count && dead_lettered as f64 > self.share * records as f64 {
            return Err(ProcessError::Breaker { dead_lettered, records });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_fails_only_past_both_the_share_and_the_count() {
        let breaker = Breaker { share: 0.5, count: 100 };
        for (dead_lettered, records, fails) in [
            (100, 100, false),
            (101, 101, true),
            (101, 202, false),
            (102, 203, true),
            (101, 10_000, false),
            (0, 0, false),
        ] {
            assert_eq!(breaker.check(dead_lettered, records).is_err(), fails, "{dead_lettered} of {records}");
        }
    }

    #[test]
    fn a_share_that_is_none_is_refused_by_the_variable_s_name() {
        for share in ["1.1", "-0.1", "NaN", "half"] {
            let error = Breaker::read(&Environment::from_iter([(SHARE, share)])).unwrap_err();
            assert!(error.to_string().contains(SHARE), "{share}: {error}");
        }
    }
}
