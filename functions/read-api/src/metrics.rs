//! Figures for Prometheus: those of the database, and those of Kafka.

mod consumers;
mod lag;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use exposition::Families;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use store::PgPool;
use store::figures::{self, Figures};
use store::outbox::TopicFigures;
use tokio::time::timeout;

use crate::ReadApi;
use crate::groups;

/// For the database's figures, of which those about dead letters take time where there are many. A scrape is given up after 10 s.
const LIMIT: Duration = Duration::from_secs(5);

/// Figures for Prometheus
///
/// What the database knows of consumers, failures, the outbox and the audit log, and how far each consumer group has come, in the text
/// format of Prometheus. `source_up` is 0 for PostgreSQL or Kafka where its figures are missing from the answer.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, description = "All figures that could be had", content_type = exposition::CONTENT_TYPE, body = String))
)]
pub(crate) async fn show_metrics(State(api): State<Arc<ReadApi>>) -> Response {
    let (now, watch) = ((api.clock)(), &api.watch);
    let (figures, come) = tokio::join!(read(&api.pool), groups::come(&watch.groups, now - watch.stalled));
    let mut families = Families::default();
    let kafka_is_up = come.iter().all(Result::is_ok);
    for (source, is_up) in [("database", figures.is_some()), ("kafka", kafka_is_up)] {
        let help = "Whether all figures of this source are there.";
        families.gauge("source_up", help, &[("source", source)], f64::from(u8::from(is_up)));
    }
    lag::write(&mut families, &watch.groups, &come);
    if let Some(figures) = &figures {
        consumers::write(&mut families, figures);
        lag::breakers(&mut families, &watch.groups, &come, &figures.failures, now);
        write(&mut families, figures);
    }
    let mut response = families.text().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(exposition::CONTENT_TYPE));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn read(pool: &PgPool) -> Option<Figures> {
    let read = async {
        let mut connection = pool.acquire().await?;
        if let Ok(read) = timeout(LIMIT, figures::read(&mut connection, LIMIT)).await {
            return read;
        }
        // It may still be busy, or gone without a word: nobody else is to wait for it.
        connection.close_on_drop();
        Err(store::Error::PoolTimedOut)
    };
    let failed = |error: &store::Error| tracing::warn!(error.message = %error, "The database gives no figures");
    read.await.inspect_err(failed).ok()
}

/// What is not of one consumer's doing.
fn write(families: &mut Families, figures: &Figures) {
    for parked in &figures.parked {
        let labels = [("consumer", parked.consumer.as_str())];
        families.gauge("parked_events", "Events that wait for something.", &labels, number(parked.events));
    }
    for dead in &figures.dead_letters {
        let labels = [("consumer", &*dead.consumer), ("class", &*dead.error_class), ("state", &*dead.state)];
        families.gauge(
            "dead_letters",
            "Records that failed for good, and what became of them.",
            &labels,
            number(dead.letters),
        );
    }
    for of_topic in &figures.outbox {
        outbox(families, of_topic);
    }
    families.gauge("audit_chains", "Chains of the audit log that were verified.", &[], number(figures.audit_chains));
    families.gauge("audit_broken_chains", "Those of them that are broken.", &[], number(figures.audit_broken_chains));
    if let Some(at) = figures.audit_verified_at {
        let help = "When any chain of the audit log was verified last.";
        families.gauge("audit_verified_timestamp_seconds", help, &[], seconds(at));
    }
}

/// What waits of a topic, and what became of all that did.
fn outbox(families: &mut Families, of_topic: &TopicFigures) {
    let labels = [("topic", of_topic.topic.as_str())];
    let oldest = of_topic.oldest_age_seconds.unwrap_or(0.0).max(0.0);
    for (name, help, value) in [
        ("outbox_pending_records", "Events that wait to be published.", number(of_topic.pending)),
        ("outbox_oldest_pending_age_seconds", "For how long the oldest of them waits; 0 where none does.", oldest),
        ("outbox_stopped_keys", "Keys of the outbox that Kafka refuses for now.", number(of_topic.stopped_keys)),
    ] {
        families.gauge(name, help, &labels, value);
    }
    for (name, help, count) in [
        (
            "outbox_published_records_total",
            "Events that Kafka acknowledged, and that left the outbox.",
            of_topic.published,
        ),
        ("outbox_failed_records_total", "Times that Kafka refused an event.", of_topic.failed),
    ] {
        families.counter(name, help, &labels, count.unsigned_abs());
    }
}

/// As Prometheus has numbers.
#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers: exact up to 2^53")]
fn number(count: i64) -> f64 {
    count as f64
}

/// A moment, in seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "exact to the microsecond, as the database is")]
fn seconds(moment: time::OffsetDateTime) -> f64 {
    (moment.unix_timestamp_nanos() / 1000) as f64 / 1e6
}
