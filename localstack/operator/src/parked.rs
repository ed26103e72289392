//! `operator parked`.

use serde_json::{Value, json};
use store::PgConnection;
use store::parked_events::{self, Waiting};
use time::format_description::well_known::Rfc3339;

use crate::Session;
use crate::answer::Answer;
use crate::arguments::Parked;
use crate::bytes::{cut, shown};
use crate::table::table;
use crate::when::{age, span};

pub(crate) async fn run(
    command: Parked,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let Parked::List { consumer, limit, json } = command;
    // One more than is shown, to know whether there are more.
    let mut waiting = parked_events::waiting(connection, consumer.as_deref(), None, i64::from(limit) + 1).await?;
    let more = waiting.len() > limit as usize;
    waiting.truncate(limit as usize);
    if json {
        return Answer::json(&waiting.iter().map(as_json).collect::<Vec<_>>());
    }
    if waiting.is_empty() {
        return Ok(Answer::text("Nothing is parked."));
    }
    let head =
        ["id", "parked", "consumer", "topic/partition/offset", "key", "waits for", "tries", "next try", "of its key"];
    let rows: Vec<_> = waiting.iter().map(|event| row(event, session)).collect();
    let more = if more { "\nThere are more, which were parked later: a higher --limit shows them.\n" } else { "" };
    Ok(Answer::text(table(&head, &rows) + more))
}

fn row(event: &Waiting, session: &Session<'_>) -> Vec<String> {
    let next = if event.next_try_at <= session.now {
        "now".to_owned()
    } else {
        format!("in {}", span(event.next_try_at - session.now))
    };
    vec![
        event.parked_id.to_string(),
        age(event.parked_at, session.now),
        shown(event.consumer.as_bytes()),
        shown(format!("{}/{}/{}", event.topic, event.partition, event.offset).as_bytes()),
        event.key.as_deref().map_or_else(|| "(none)".to_owned(), |key| cut(&shown(key), 40)),
        awaits(event),
        event.tries.to_string(),
        next,
        event.in_queue.to_string(),
    ]
}

fn awaits(event: &Waiting) -> String {
    match (&event.awaits_kind, &event.awaits_id, event.dead_letter_id) {
        (Some(kind), Some(id), _) => cut(&shown(format!("{kind} {id}").as_bytes()), 60),
        (_, _, Some(letter)) => format!("its turn: dead letter {letter}, sent on again"),
        _ => "its turn".to_owned(),
    }
}

fn as_json(event: &Waiting) -> Value {
    json!({
        "id": event.parked_id,
        "consumer": event.consumer,
        "topic": event.topic,
        "partition": event.partition,
        "offset": event.offset,
        "key": event.key.as_deref().map(shown),
        "eventId": event.event_id,
        "awaitsKind": event.awaits_kind,
        "awaitsId": event.awaits_id,
        "parkedAt": event.parked_at.format(&Rfc3339).ok(),
        "nextTryAt": event.next_try_at.format(&Rfc3339).ok(),
        "tries": event.tries,
        "deadLetterId": event.dead_letter_id,
        "inQueue": event.in_queue,
    })
}
