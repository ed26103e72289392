use std::time::{Duration, SystemTime};

use lambda_runtime::Context;

/// How long the invocation may still take. None where the host names a deadline in the past, which means that it knows none
/// (`cargo lambda watch` says 1970).
#[must_use]
pub fn remaining(context: &Context, now: SystemTime) -> Option<Duration> {
    context.deadline().duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_1970_is_none_and_not_a_timeout() {
        let mut context = Context::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        context.deadline = 600_000;
        assert_eq!(remaining(&context, now), None);
        context.deadline = 1_800_000_003_000;
        assert_eq!(remaining(&context, now), Some(Duration::from_secs(3)));
    }
}
