//! Whether everything goes on.

mod database;
mod document;
pub(crate) mod judge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use kafka::{KafkaSettings, LagError};
use settings::{Environment, SettingError};
use store::outbox::Backlog;
use time::OffsetDateTime;

use crate::ReadApi;
use crate::groups::{self, Come, Group};
use document::{AuditCheck, Checks, HealthAnswer, OutboxCheck, ServerCheck, Status};
use judge::FAILING;

/// For which the answer is given up.
const TIMEOUT: &str = "HEALTH_TIMEOUT_MS";
/// After which what waits makes a check degraded.
const STALLED: &str = "HEALTH_STALLED_SECONDS";
/// Seconds after which to ask again.
const RETRY_AFTER_SECONDS: u32 = 5;

/// What is looked at, and how.
pub(crate) struct Watch {
    /// The groups of all consumers.
    pub(crate) groups: Vec<Group>,
    /// How long Kafka and the database have for an answer.
    pub(crate) patience: Duration,
    /// How long something may wait.
    pub(crate) stalled: time::Duration,
}

impl Watch {
    /// Reads `CONSUMER_GROUPS`, `HEALTH_TIMEOUT_MS` (2000) and `HEALTH_STALLED_SECONDS` (120).
    pub(crate) fn read(environment: &Environment, kafka: &KafkaSettings) -> Result<Self, SettingError> {
        let invalid =
            |name: &str, reason: &str| SettingError::Invalid { name: name.to_owned(), reason: reason.to_owned() };
        let millis: u64 = environment.parsed(TIMEOUT, 2000)?;
        if !(10..=5000).contains(&millis) {
            return Err(invalid(TIMEOUT, "it is from 10 to 5000"));
        }
        let stalled: u32 = environment.parsed(STALLED, 120)?;
        if stalled == 0 {
            return Err(invalid(STALLED, "it is at least 1"));
        }
        let patience = Duration::from_millis(millis);
        let groups = groups::read(environment, kafka, patience)?;
        Ok(Self { groups, patience, stalled: time::Duration::seconds(stalled.into()) })
    }
}

/// Whether everything goes on
///
/// Asks PostgreSQL, Kafka, and how far each consumer has come, all at once, and each for two seconds (`HEALTH_TIMEOUT_MS`). `degraded`
/// means that events are taken and somebody has to look: a batch fails again and again or its circuit breaker is open, records or
/// events of the outbox wait for more than two minutes (`HEALTH_STALLED_SECONDS`), or a chain of the audit log is broken.
#[utoipa::path(
    get,
    path = "/health",
    tag = "operation",
    responses(
        (status = 200, description = "It goes on: `ok` or `degraded`", body = HealthAnswer),
        (status = 503, description = "PostgreSQL or Kafka is away, as `checks` says", body = HealthAnswer),
    )
)]
pub(crate) async fn show_health(State(api): State<Arc<ReadApi>>) -> Response {
    let (now, watch) = ((api.clock)(), &api.watch);
    let began = Instant::now();
    let asked = async {
        let come = groups::come(&watch.groups, now - watch.stalled).await;
        (kafka(&come, began.elapsed()), come)
    };
    let ((database, known), (kafka, come)) =
        tokio::join!(database::ask(&api.pool, watch.patience, now - FAILING), asked);
    let known = known.as_ref();
    let answer = HealthAnswer::of(Checks {
        database,
        kafka,
        consumers: consumers(watch, &come, known, now),
        outbox: OutboxCheck::of(known.map(|known| &known.outbox), watch.stalled),
        audit_log: AuditCheck::of(known.map(|known| &known.health)),
    });
    answer.into_response()
}

/// It is there where any broker answered; somebody has to look where a topic is not there.
fn kafka(come: &[Come], took: Duration) -> ServerCheck {
    let is_away = |come: &Come| matches!(come, Err(LagError::Unreachable(_)));
    let missing =
        come.iter().find_map(|come| if let Err(LagError::NoTopic(topic)) = come { Some(topic) } else { None });
    match missing {
        _ if come.iter().all(is_away) => ServerCheck::of(Status::Down, None, Some("It does not answer.")),
        Some(topic) => ServerCheck::of(Status::Degraded, Some(took), Some(&format!("The topic {topic} is not there."))),
        None if come.iter().any(Result::is_err) => {
            ServerCheck::of(Status::Degraded, Some(took), Some("It does not answer all questions."))
        }
        None => ServerCheck::of(Status::Ok, Some(took), None),
    }
}

fn consumers(
    watch: &Watch,
    come: &[Come],
    known: Option<&database::Known>,
    now: OffsetDateTime,
) -> Vec<document::ConsumerCheck> {
    let of_group = |(group, come): (&Group, &Come)| {
        let known = known.map(|known| judge::Known {
            last_batch_at: known
                .health
                .last_batches
                .iter()
                .find(|last| last.consumer == group.consumer)
                .map(|last| last.at),
            failures: &known.health.failing,
        });
        judge::consumer(group, come, known.as_ref(), watch.stalled, now)
    };
    watch.groups.iter().zip(come).map(of_group).collect()
}

impl ServerCheck {
    fn of(status: Status, took: Option<Duration>, detail: Option<&str>) -> Self {
        let took_ms = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        Self { status, took_ms, detail: detail.map(str::to_owned) }
    }
}

impl OutboxCheck {
    fn of(backlog: Option<&Backlog>, stalled: time::Duration) -> Self {
        let oldest = backlog.and_then(|backlog| backlog.oldest_age_seconds);
        let status = match backlog {
            None => Status::Unknown,
            Some(_) if oldest.is_some_and(|seconds| seconds > stalled.as_seconds_f64()) => Status::Degraded,
            Some(_) => Status::Ok,
        };
        Self {
            status,
            pending_records: backlog.map(|backlog| backlog.pending),
            oldest_pending_seconds: oldest.map(|seconds| seconds.max(0.0)),
            stopped_keys: backlog.map(|backlog| backlog.stopped_keys),
        }
    }
}

impl AuditCheck {
    fn of(known: Option<&store::health::Health>) -> Self {
        let status = match known {
            None => Status::Unknown,
            Some(known) if known.audit_broken_chains > 0 => Status::Degraded,
            Some(_) => Status::Ok,
        };
        Self {
            status,
            chains: known.map(|known| known.audit_chains),
            broken_chains: known.map(|known| known.audit_broken_chains),
            verified_at: known.and_then(|known| known.audit_verified_at),
        }
    }
}

impl HealthAnswer {
    fn of(checks: Checks) -> Self {
        let Checks { database, kafka, consumers, outbox, audit_log } = &checks;
        let all = [database.status, kafka.status, outbox.status, audit_log.status];
        let worst = all.into_iter().chain(consumers.iter().map(|check| check.status)).max();
        let status = match worst.unwrap_or(Status::Ok) {
            Status::Unknown => Status::Degraded,
            status => status,
        };
        Self { status, checks }
    }
}

impl IntoResponse for HealthAnswer {
    fn into_response(self) -> Response {
        let is_down = self.status == Status::Down;
        let mut response = Json(self).into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if is_down {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}
