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
        _ => Ok(Answer::text(as_text(&letter, session.now))),
    }
}

fn as_text(letter: &Shown, now: OffsetDateTime) -> String {
    let none = || "(none)".to_owned();
    let text = |text: &Option<String>| text.as_deref().map_or_else(none, |text| shown(text.as_bytes()));
    let moment = |moment: Option<OffsetDateTime>| moment.map_or_else(none, |moment| written(moment, now));
    let mut lines = vec![
        ("dead letter", letter.dead_letter_id.to_string()),
        ("state", state(letter)),
        ("consumer", shown(letter.consumer.as_bytes())),
        ("class", shown(letter.error_class.as_bytes())),
        ("error", shown(letter.error.as_bytes())),
        ("tried", format!("{} times, last {}", letter.attempts, written(letter.failed_at, now))),
        ("settled", moment(letter.resolved_at)),
        ("reason", text(&letter.reason)),
        (
            "copy in .dlq",
            letter
                .forward_error
                .as_deref()
                .map_or_else(|| moment(letter.forwarded_at), |error| format!("refused: {}", shown(error.as_bytes()))),
        ),
        ("topic", shown(letter.topic.as_bytes())),
        ("partition", letter.partition.to_string()),
        ("offset", letter.offset.to_string()),
        ("produced", moment(letter.record_time)),
        ("event source", text(&letter.event_source)),
        ("event id", text(&letter.event_id)),
        ("inbox", letter.inbox_state.clone().unwrap_or_else(|| "no row".to_owned())),
        ("key", letter.key.as_deref().map_or_else(none, shown)),
    ];
    let headers = headers(&letter.headers);
    lines.extend(
        headers.iter().map(|(name, value)| ("header", format!("{}: {}", shown(name.as_bytes()), shown(value)))),
    );
    let mut all: String = lines
        .into_iter()
        .filter(|(_, value)| value != "(none)")
        .map(|(name, value)| format!("{name:<13} {value}\n"))
        .collect();
    all += &match &letter.value {
        None => "value         (none)\n".to_owned(),
        Some(value) => format!("value         {} bytes\n\n{}\n", value.len(), cut(&lines_of(value), VALUE_SHOWN)),
    };
    if letter.value.as_ref().is_some_and(|value| value.len() > VALUE_SHOWN) {
        all += &format!("\nAll of it: operator dlq show {} --value >FILE\n", letter.dead_letter_id);
    }
    all
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
