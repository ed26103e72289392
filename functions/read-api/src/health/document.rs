//! The answer, as the description of the routes has it.

use serde::Serialize;
use store::figures::ConsumerFailure;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// How something does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// As it should.
    Ok,
    /// Nobody can say while something else is away.
    Unknown,
    /// It goes on, and somebody has to look.
    Degraded,
    /// It is away, and nothing goes on without it.
    Down,
}

/// How everything does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthAnswer {
    /// The worst of all checks; never `unknown`.
    #[schema(inline, example = "ok")]
    pub(super) status: Status,
    /// Each check.
    pub(super) checks: Checks,
}

/// Everything that is looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthChecks)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checks {
    /// PostgreSQL.
    pub(super) database: ServerCheck,
    /// Kafka, with the topics that consumers read.
    pub(super) kafka: ServerCheck,
    /// Each topic of each consumer.
    pub(super) consumers: Vec<ConsumerCheck>,
    /// What waits to be published.
    pub(super) outbox: OutboxCheck,
    /// Whether the audit log is what it was.
    pub(super) audit_log: AuditCheck,
}

/// A server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerHealth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerCheck {
    /// `ok`, `degraded` or `down`.
    #[schema(inline, example = "ok")]
    pub(super) status: Status,
    /// Milliseconds until it had answered; null where it did not.
    #[schema(required, minimum = 0, example = 3)]
    pub(super) took_ms: Option<u64>,
    /// What is wrong with it.
    #[schema(required, example = json!(null))]
    pub(super) detail: Option<String>,
}

/// A topic of a consumer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsumerHealth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsumerCheck {
    /// The consumer.
    #[schema(example = "click-consumer")]
    pub(super) consumer: String,
    /// The topic.
    #[schema(example = "link.clicks")]
    pub(super) topic: String,
    /// The consumer group.
    #[schema(example = "click-consumer")]
    pub(super) group: String,
    /// `ok`, `degraded` or `unknown`.
    #[schema(inline, example = "ok")]
    pub(super) status: Status,
    /// What is wrong with it.
    #[schema(required, example = json!(null))]
    pub(super) detail: Option<String>,
    /// Records that the group has not passed; null where nobody can say.
    #[schema(required, minimum = 0, example = 0)]
    pub(super) lag_records: Option<u64>,
    /// When the consumer did something last, with any of its topics; null where it never did, or nobody can say.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) last_batch_at: Option<OffsetDateTime>,
    /// How long that is ago.
    #[schema(required, minimum = 0, example = 2)]
    pub(super) seconds_since_last_batch: Option<i64>,
    /// The circuit breaker; null where nobody can say.
    #[schema(required)]
    pub(super) breaker: Option<BreakerCheck>,
}

/// The circuit breaker: it fails a batch of which too much would become dead letters, until that is repaired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BreakerHealth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BreakerCheck {
    /// Whether it holds the group up.
    open: bool,
    /// The partition of the batch that it refuses.
    #[schema(required, example = json!(null))]
    partition: Option<i32>,
    /// Where in that partition the batch begins.
    #[schema(required, example = json!(null))]
    offset: Option<i64>,
    /// When it was refused last.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required, example = json!(null))]
    failed_at: Option<OffsetDateTime>,
}

/// What waits to be published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboxHealth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboxCheck {
    /// `ok`, `degraded` where an event waits for too long, or `unknown`.
    #[schema(inline, example = "ok")]
    pub(super) status: Status,
    /// How many events wait.
    #[schema(required, minimum = 0, example = 0)]
    pub(super) pending_records: Option<i64>,
    /// For how many seconds the oldest of them waits; null where none does.
    #[schema(required, minimum = 0, example = json!(null))]
    pub(super) oldest_pending_seconds: Option<f64>,
    /// Keys that Kafka refuses for now.
    #[schema(required, minimum = 0, example = 0)]
    pub(super) stopped_keys: Option<i64>,
}

/// Whether the audit log is what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditHealth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditCheck {
    /// `ok`, `degraded` where a chain is broken, or `unknown`.
    #[schema(inline, example = "ok")]
    pub(super) status: Status,
    /// Chains that were verified.
    #[schema(required, minimum = 0, example = 6)]
    pub(super) chains: Option<i64>,
    /// Those of them that are broken.
    #[schema(required, minimum = 0, example = 0)]
    pub(super) broken_chains: Option<i64>,
    /// When any was verified last.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) verified_at: Option<OffsetDateTime>,
}

impl BreakerCheck {
    /// Open where it refuses this batch, else closed.
    pub(super) fn of(refused: Option<&ConsumerFailure>) -> Self {
        Self {
            open: refused.is_some(),
            partition: refused.map(|refused| refused.partition),
            offset: refused.map(|refused| refused.first_offset),
            failed_at: refused.map(|refused| refused.failed_at),
        }
    }
}
