//! All figures that the database knows, for whoever looks at the system.

mod consumers;
mod read;

use time::OffsetDateTime;

use crate::dead_letters::Count;
use crate::housekeeping::ConsumerCount;
use crate::outbox::TopicFigures;

pub use read::read;

/// Upper bounds, in seconds, of the buckets in which durations are counted; what took longer has one more.
pub const DURATION_BOUNDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The bounds as `width_bucket` is given them, with a negative duration: so one that is as long as a bound belongs to that bound. How
/// many there are, less what it says, is the place of the bucket.
pub(crate) fn falling_bounds() -> Vec<f64> {
    DURATION_BOUNDS.iter().rev().map(|bound| -bound).collect()
}

/// All of them, of one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Events by consumer, type and outcome, since the beginning.
    pub events: Vec<ConsumerCount>,
    /// What is counted per consumer.
    pub consumers: Vec<ConsumerFigures>,
    /// Batches that failed.
    pub failures: Vec<ConsumerFailure>,
    /// Events that wait for something, by consumer.
    pub parked: Vec<Parked>,
    /// Dead letters by consumer, class and state.
    pub dead_letters: Vec<Count>,
    /// What waits to be published, and was, by topic.
    pub outbox: Vec<TopicFigures>,
    /// Chains of the audit log that were verified, broken ones among them.
    pub audit_chains: i64,
    /// Those that are broken.
    pub audit_broken_chains: i64,
    /// When any chain was verified last.
    pub audit_verified_at: Option<OffsetDateTime>,
}

/// What a consumer did, since the beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerFigures {
    /// The consumer.
    pub consumer: String,
    /// Batches, and drains that did something.
    pub batches: i64,
    /// Records of them.
    pub records: i64,
    /// How often a transaction was tried again.
    pub retries: i64,
    /// How many batches took how long, by [`DURATION_BOUNDS`]; the last count is of those that took longer. Batches that a release
    /// before these counts had folded are in none.
    pub durations: Vec<i64>,
    /// How long all of them took.
    pub seconds: f64,
    /// The same of their transactions; batches that a release before this count wrote are in none.
    pub database_durations: Vec<i64>,
    /// How long all of these took.
    pub database_seconds: f64,
    /// Applied events by age, by [`AGE_BOUNDS`](crate::consumer_batches::AGE_BOUNDS).
    pub ages: Vec<i64>,
    /// The sum of those ages.
    pub age_seconds: f64,
    /// When it did something last.
    pub last_batch_at: OffsetDateTime,
}

/// Batches of a consumer that failed for one reason at one partition. One with records of several counts at each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerFailure {
    /// The consumer.
    pub consumer: String,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// `breaker`, `culprits`, `database` or `mistake`.
    pub reason: String,
    /// Where the batch that failed last began.
    pub first_offset: i64,
    /// When that was.
    pub failed_at: OffsetDateTime,
    /// What was said of it.
    pub message: String,
    /// How many. It begins anew when the housekeeper has removed an old one.
    pub failures: i64,
}

/// Events of a consumer that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The consumer.
    pub consumer: String,
    /// So many.
    pub events: i64,
}
