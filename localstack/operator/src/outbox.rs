//! `operator outbox`.

use anyhow::{bail, ensure};
use events::{SystemAudit, Text};
use serde_json::{Value, json};
use store::dead_letters::Reason;
use store::outbox::{self, Stopped, TopicFigures};
use store::{Connection as _, PgConnection};
use time::format_description::well_known::Rfc3339;

use crate::Session;
use crate::answer::Answer;
use crate::arguments::Outbox;
use crate::bytes::{cut, shown};
use crate::table::table;
use crate::when::{age, span};

pub(crate) async fn run(
    command: Outbox,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    match command {
        Outbox::List { limit, json } => list(limit, json, connection, session).await,
        Outbox::Retry { ids, all } => retry(&ids, all, connection, session).await,
        Outbox::Discard { ids, reason } => discard(&ids, &reason, connection, session).await,
    }
}

async fn list(limit: u32, json: bool, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    let backlog = outbox::backlog(connection).await?;
    let topics = outbox::by_topic(connection).await?;
    let stopped = outbox::stopped(connection, limit.into()).await?;
    if json {
        return Answer::json(&json!({
            "pending": backlog.pending,
            "oldestAgeSeconds": backlog.oldest_age_seconds,
            "stoppedKeys": backlog.stopped_keys,
            "topics": topics.iter().map(topic_as_json).collect::<Vec<_>>(),
            "stopped": stopped.iter().map(as_json).collect::<Vec<_>>(),
        }));
    }
    let oldest = backlog.oldest_age_seconds.map(|seconds| format!(", the oldest for {}", waited(seconds)));
    let mut lines = vec![match backlog.pending {
        0 => "Nothing waits in the outbox.".to_owned(),
        pending => format!("{pending} events wait in the outbox{}.", oldest.unwrap_or_default()),
    }];
    if !topics.is_empty() {
        let head = ["topic", "waiting", "oldest", "refused keys", "published", "refusals"];
        lines.push(format!("\n{}", table(&head, &topics.iter().map(topic_row).collect::<Vec<_>>())));
    }
    if !stopped.is_empty() {
        let head = ["id", "age", "topic", "key", "waiting", "tries", "next try", "error"];
        let rows: Vec<_> = stopped.iter().map(|key| row(key, session)).collect();
        lines.push(format!("\nKafka refuses the first event of {} keys; the others go on:\n", backlog.stopped_keys));
        lines.push(table(&head, &rows));
        if rows.len() < usize::try_from(backlog.stopped_keys).unwrap_or(0) {
            lines.push("\nThere are more: a higher --limit shows them.".to_owned());
        }
    }
    Ok(Answer::lines(&lines))
}

fn waited(seconds: f64) -> String {
    span(time::Duration::seconds_f64(seconds))
}

fn topic_row(topic: &TopicFigures) -> Vec<String> {
    vec![
        shown(topic.topic.as_bytes()),
        topic.pending.to_string(),
        topic.oldest_age_seconds.map(waited).unwrap_or_default(),
        topic.stopped_keys.to_string(),
        topic.published.to_string(),
        topic.failed.to_string(),
    ]
}

fn row(key: &Stopped, session: &Session<'_>) -> Vec<String> {
    let next = if key.next_try_at <= session.now {
        "now".to_owned()
    } else {
        format!("in {}", span(key.next_try_at - session.now))
    };
    vec![
        key.seq.to_string(),
        age(key.failed_at, session.now),
        shown(key.topic.as_bytes()),
        cut(&shown(key.key.as_bytes()), 40),
        key.waiting.to_string(),
        key.attempts.to_string(),
        next,
        cut(&shown(key.error.as_bytes()), 100),
    ]
}

async fn retry(ids: &[i64], all: bool, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    ensure!(all == ids.is_empty(), "name refused events with --id, or say --all (`operator outbox list` shows them)");
    let stopped = outbox::stopped(connection, i64::MAX).await?;
    let mut due = 0;
    for key in stopped.iter().filter(|key| all || ids.contains(&key.seq)) {
        if outbox::retry_now(connection, &key.topic, &key.key).await? {
            due += 1;
        }
    }
    let missed: Vec<&i64> = ids.iter().filter(|id| stopped.iter().all(|key| key.seq != **id)).collect();
    tracing::info!(
        outbox.retried = due,
        outbox.selection = selection(ids),
        user = session.user,
        "Refused events are tried again"
    );
    let mut lines = vec![format!("{due} refused events are tried with the relay's next run (within a minute).")];
    lines.extend(missed.iter().map(|id| not_refused(**id)));
    Ok(Answer::lines(&lines).incomplete_where(!missed.is_empty()))
}

async fn discard(
    ids: &[i64],
    reason: &str,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let Some(reason) = Reason::new(reason) else {
        bail!("the reason is empty: say in --reason why they can be given up");
    };
    let stopped = outbox::stopped(connection, i64::MAX).await?;
    let (mut discarded, mut missed) = (0, Vec::new());
    for id in ids {
        // An event that nobody refuses is on its way, and its key would miss it.
        let refused = stopped.iter().any(|key| key.seq == *id);
        if refused && give_up(*id, &reason, connection, session).await? {
            discarded += 1;
        } else {
            missed.push(not_refused(*id));
        }
    }
    tracing::info!(
        outbox.discarded = discarded,
        outbox.selection = selection(ids),
        reason = reason.as_str(),
        user = session.user,
        "Refused events discarded"
    );
    let incomplete = !missed.is_empty();
    let mut lines = vec![format!("{discarded} refused events discarded.")];
    if discarded > 0 {
        lines.push("They are dead letters of the consumer `outbox` now; what waited behind them goes on.".to_owned());
    }
    lines.append(&mut missed);
    Ok(Answer::lines(&lines).incomplete_where(incomplete))
}

/// Gives an event up, and puts that on record with it.
async fn give_up(
    id: i64,
    reason: &Reason,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<bool> {
    let mut transaction = connection.begin().await?;
    if !outbox::discard(&mut transaction, id, reason.as_str()).await? {
        return Ok(false);
    }
    let done = SystemAudit {
        event_type: Text::new("outbox.discarded")?,
        user_id: session.actor.clone(),
        action: Text::new("discard")?,
        resource: Text::new(format!("outbox/{id}"))?,
        status: Text::new("success")?,
        detail: Text::cut(format!("reason: {}", reason.as_str()).as_bytes()),
    };
    session.audit(&mut transaction, done).await?;
    transaction.commit().await?;
    Ok(true)
}

fn not_refused(id: i64) -> String {
    format!("Not {id}: Kafka does not refuse it (any more).")
}

fn selection(ids: &[i64]) -> String {
    if ids.is_empty() { "all".to_owned() } else { format!("id={ids:?}") }
}

fn topic_as_json(topic: &TopicFigures) -> Value {
    json!({
        "topic": topic.topic,
        "pending": topic.pending,
        "oldestAgeSeconds": topic.oldest_age_seconds,
        "stoppedKeys": topic.stopped_keys,
        "published": topic.published,
        "failed": topic.failed,
    })
}

fn as_json(key: &Stopped) -> Value {
    json!({
        "id": key.seq,
        "topic": key.topic,
        "key": key.key,
        "waiting": key.waiting,
        "attempts": key.attempts,
        "error": key.error,
        "failedAt": key.failed_at.format(&Rfc3339).ok(),
        "nextTryAt": key.next_try_at.format(&Rfc3339).ok(),
    })
}
