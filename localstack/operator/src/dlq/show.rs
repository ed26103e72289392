use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::PgConnection;
use store::dead_letters::{self, Shown};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Session;
use crate::answer::Answer;
use crate::bytes::{cut, shown};
use crate::when::written;

/// Characters of the value that a terminal gets; `--value` has all of it.
const VALUE_SHOWN: usize = 4000;

pub(super) async fn show(
    id: i64,
    value: bool,
    json: bool,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let letter = dead_letters::show(connection, id).await?.with_context(|| {
        format!("there is no dead letter {id}: `operator dlq list --state any` says which there are")
    })?;
    match (value, json) {
        (true, _) => letter.value.map(Answer::bytes).context("it has no value, which is not the same as an empty one"),
        (_, true) => Answer::json(&as_json(&letter)),
        _ => Ok(as_text(&letter, session.now)),
    }
}

fn as_text(letter: &Shown, now: OffsetDateTime) -> Answer {
    let mut lines: Vec<String> = fields(letter, now)
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name:<13} {value}")))
        .collect();
    for (name, value) in headers(&letter.headers) {
        lines.push(format!("{:<13} {}: {}", "header", shown(name.as_bytes()), shown(&value)));
    }
    match &letter.value {
        None => lines.push(format!("{:<13} (none)", "value")),
        Some(value) => {
            lines.push(format!("{:<13} {} bytes\n", "value", value.len()));
            lines.push(cut(&lines_of(value), VALUE_SHOWN));
            if value.len() > VALUE_SHOWN {
                lines.push(format!("\nAll of it: operator dlq show {} --value >FILE", letter.dead_letter_id));
            }
        }
    }
    Answer::lines(&lines)
}

fn fields(letter: &Shown, now: OffsetDateTime) -> Vec<(&'static str, Option<String>)> {
    let text = |text: &str| Some(shown(text.as_bytes()));
    let maybe = |text: &Option<String>| text.as_deref().map(|text| shown(text.as_bytes()));
    let moment = |moment: Option<OffsetDateTime>| moment.map(|moment| written(moment, now));
    let refused = letter.forward_error.as_deref().map(|error| format!("refused: {}", shown(error.as_bytes())));
    let inbox = letter.inbox_state.clone().unwrap_or_else(|| "no row".to_owned());
    vec![
        ("dead letter", Some(letter.dead_letter_id.to_string())),
        ("state", Some(state(letter))),
        ("consumer", text(&letter.consumer)),
        ("class", text(&letter.error_class)),
        ("error", text(&letter.error)),
        ("tried", Some(format!("{} times, last {}", letter.attempts, written(letter.failed_at, now)))),
        ("settled", moment(letter.resolved_at)),
        ("reason", maybe(&letter.reason)),
        ("copy in .dlq", refused.or_else(|| moment(letter.forwarded_at))),
        ("topic", text(&letter.topic)),
        ("partition", Some(letter.partition.to_string())),
        ("offset", Some(letter.offset.to_string())),
        ("produced", moment(letter.record_time)),
        ("event source", maybe(&letter.event_source)),
        ("event id", maybe(&letter.event_id)),
        ("inbox", Some(inbox)),
        ("key", letter.key.as_deref().map(shown)),
    ]
}

fn state(letter: &Shown) -> String {
    match (letter.state.as_str(), letter.parked_id) {
        ("redriven", Some(parked_id)) => format!("redriven: parked as {parked_id}, tried with the next batch or tick"),
        (state, _) => state.to_owned(),
    }
}

/// A value as text whose lines stay lines.
fn lines_of(value: &[u8]) -> String {
    value.split(|byte| *byte == b'\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// Names and values; what is no list of them is shown as it is.
fn headers(stored: &[u8]) -> Vec<(String, Vec<u8>)> {
    serde_json::from_slice::<Vec<(String, String)>>(stored).map_or_else(
        |_| vec![("(unreadable)".to_owned(), stored.to_vec())],
        |headers| {
            let bytes = |value: String| STANDARD.decode(&value).unwrap_or_else(|_| value.into_bytes());
            headers.into_iter().map(|(name, value)| (name, bytes(value))).collect()
        },
    )
}

fn as_json(letter: &Shown) -> Value {
    let moment = |moment: Option<OffsetDateTime>| moment.and_then(|moment| moment.format(&Rfc3339).ok());
    let headers: Vec<_> = headers(&letter.headers)
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": shown(&value), "valueBase64": STANDARD.encode(&value)}))
        .collect();
    json!({
        "id": letter.dead_letter_id,
        "state": letter.state,
        "consumer": letter.consumer,
        "class": letter.error_class,
        "error": letter.error,
        "attempts": letter.attempts,
        "failedAt": moment(Some(letter.failed_at)),
        "resolvedAt": moment(letter.resolved_at),
        "reason": letter.reason,
        "forwardedAt": moment(letter.forwarded_at),
        "forwardError": letter.forward_error,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "recordTime": moment(letter.record_time),
        "eventSource": letter.event_source,
        "eventId": letter.event_id,
        "inboxState": letter.inbox_state,
        "parkedId": letter.parked_id,
        "key": letter.key.as_deref().map(shown),
        "keyBase64": letter.key.as_ref().map(|key| STANDARD.encode(key)),
        "headers": headers,
        "value": letter.value.as_deref().map(shown),
        "valueBase64": letter.value.as_ref().map(|value| STANDARD.encode(value)),
    })
}
