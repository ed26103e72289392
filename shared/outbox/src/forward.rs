use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kafka::{Fate, OrderedPublisher, Outcome, Record};
use store::PgPool;
use store::forwarding::{self, Letter};
use tokio::time::Instant;

/// What forwarding did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Dead letters that are in their `.dlq` now.
    pub forwarded: u64,
    /// Dead letters that it refused.
    pub refused: u64,
    /// Whether it ended because Kafka was away or slow.
    pub is_cut_short: bool,
}

/// Letters at a time, and bytes.
const LIMITS: (i64, i64) = (500, 8_000_000);
/// How long Kafka may take for them: less than after what time the server ends an idle transaction.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the transaction may take beside that.
const MARGIN: Duration = Duration::from_secs(2);
/// The longest message, in bytes: headers count towards what a broker takes.
const MESSAGE_LIMIT: usize = 1000;

/// Copies dead letters to `<topic>.dlq`, each as it was, with what is known about its failure in headers, for as long as this at
/// most. What that topic refuses is marked so, and not tried again.
pub async fn forward(pool: &PgPool, publisher: &OrderedPublisher, within: Duration) -> Result<Forwarded, store::Error> {
    let until = Instant::now() + within;
    let mut all = Forwarded::default();
    while !all.is_cut_short {
        let left = until.saturating_duration_since(Instant::now()).min(PATIENCE);
        let some = forward_some(pool, publisher, left).await?;
        if some == Forwarded::default() {
            break;
        }
        all.forwarded += some.forwarded;
        all.refused += some.refused;
        all.is_cut_short = some.is_cut_short || left < PATIENCE;
    }
    if all != Forwarded::default() {
        tracing::info!(
            dead_letters.forwarded = all.forwarded,
            dead_letters.refused = all.refused,
            outbox.is_cut_short = all.is_cut_short,
            "Dead letters forwarded"
        );
    }
    Ok(all)
}

async fn forward_some(
    pool: &PgPool,
    publisher: &OrderedPublisher,
    within: Duration,
) -> Result<Forwarded, store::Error> {
    let mut transaction = pool.begin().await?;
    store::limit_transaction(&mut transaction, within + MARGIN).await?;
    if within.is_zero() || !forwarding::try_lock(&mut transaction).await? {
        return Ok(Forwarded::default());
    }
    let letters = forwarding::take(&mut transaction, LIMITS).await?;
    if letters.is_empty() {
        return Ok(Forwarded::default());
    }
    let Outcome { fates, unavailable, .. } = publish(publisher, &letters, within).await;
    let outcomes: Vec<(&Letter, Option<&str>)> = letters
        .iter()
        .zip(&fates)
        .filter_map(|(letter, fate)| match fate {
            Fate::Acknowledged => Some((letter, None)),
            Fate::Refused(refusal) => Some((letter, Some(refusal.reason.as_str()))),
            Fate::Waits => None,
        })
        .collect();
    forwarding::mark(&mut transaction, &outcomes).await?;
    transaction.commit().await?;
    let refused = log_refusals(&outcomes);
    if let Some(reason) = &unavailable {
        tracing::warn!(error.message = reason, "Kafka does not take dead letters; they are tried again");
    }
    Ok(Forwarded { forwarded: outcomes.len() as u64 - refused, refused, is_cut_short: unavailable.is_some() })
}

async fn publish(publisher: &OrderedPublisher, letters: &[Letter], within: Duration) -> Outcome {
    let topics: Vec<String> = letters.iter().map(|letter| format!("{}.dlq", letter.topic)).collect();
    let headers: Vec<Vec<(String, Vec<u8>)>> = letters.iter().map(headers).collect();
    let records: Vec<Record<'_>> = letters
        .iter()
        .zip(topics.iter().zip(&headers))
        .map(|(letter, (topic, headers))| Record {
            topic,
            key: letter.key.as_deref(),
            value: letter.value.as_deref(),
            headers,
        })
        .collect();
    publisher.publish(&records, within).await
}

/// The record's own headers, and behind them what is known about its failure: Kafka's own names (KIP-1191), as text, with the
/// timestamp and the class that it lacks.
fn headers(letter: &Letter) -> Vec<(String, Vec<u8>)> {
    let timestamp = letter.record_time.map(|time| (time.unix_timestamp_nanos() / 1_000_000).to_string());
    let about = [
        ("topic", Some(letter.topic.clone())),
        ("partition", Some(letter.partition.to_string())),
        ("offset", Some(letter.offset.to_string())),
        ("group", Some(letter.consumer.clone())),
        ("delivery.count", Some(letter.attempts.to_string())),
        ("message", Some(cut(&letter.error).to_owned())),
        ("timestamp", timestamp),
        ("class", Some(letter.error_class.clone())),
    ];
    let about =
        about.into_iter().filter_map(|(name, value)| Some((format!("__dlq.errors.{name}"), value?.into_bytes())));
    original_headers(letter).into_iter().chain(about).collect()
}

/// Bytes that are no such list (nobody writes them) are no headers, and no reason to keep the rest back.
fn original_headers(letter: &Letter) -> Vec<(String, Vec<u8>)> {
    let pairs: Vec<(String, String)> = serde_json::from_slice(&letter.headers).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name, STANDARD.decode(value).unwrap_or_default())).collect()
}

fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MESSAGE_LIMIT)]
}

fn log_refusals(outcomes: &[(&Letter, Option<&str>)]) -> u64 {
    let mut refused = 0;
    for (letter, refusal) in outcomes.iter().filter_map(|(letter, refusal)| Some((letter, refusal.as_ref()?))) {
        refused += 1;
        tracing::warn!(
            dead_letter.id = letter.dead_letter_id,
            kafka.topic = format!("{}.dlq", letter.topic),
            error.message = refusal,
            "A dead letter was not forwarded; it is kept in the table alone"
        );
    }
    refused
}
