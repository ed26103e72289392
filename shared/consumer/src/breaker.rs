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
