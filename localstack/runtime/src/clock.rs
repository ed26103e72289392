//! The host's clock and its ids: the one place that reads either.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use uuid::Uuid;

/// The time since 1970.
pub(crate) fn since_epoch() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a host gives true deadlines: this is where they come from")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + since_epoch()
}

/// A new id for a request, an environment or a trace.
#[expect(clippy::disallowed_methods, reason = "the ids of a host are its own")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
