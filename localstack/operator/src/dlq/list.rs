use serde_json::{Value, json};
use store::PgConnection;
use store::dead_letters::{self, Count, Filter, Listed};
use time::format_description::well_known::Rfc3339;

use crate::Session;
use crate::answer::Answer;
use crate::arguments::List;
use crate::bytes::{cut, shown};
use crate::table::table;
use crate::when::age;

pub(super) async fn list(list: List, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    let mut filter = list.filters.filter(session.now);
    let filtered = filter != Filter::default();
    filter.state = Some(list.state.clone()).filter(|state| state != "any");
    if let Some(before) = list.before {
        filter.to_id = Some(filter.to_id.map_or(i64::MAX, |id| id).min(before.saturating_sub(1)));
    }
    // One more than is shown, to know whether there are more.
    let found = dead_letters::find(connection, &filter, Some(i64::from(list.limit) + 1)).await?;
    let more = found.len() > list.limit as usize;
    let ids: Vec<i64> = found.iter().take(list.limit as usize).map(|letter| letter.dead_letter_id).collect();
    let letters = dead_letters::load(connection, &ids).await?;
    if list.json {
        return Answer::json(&letters.iter().map(as_json).collect::<Vec<_>>());
    }
    let counts = dead_letters::counts(connection).await?;
    let mut answer = if letters.is_empty() {
        vec![nothing(&list.state, filtered || list.before.is_some())]
    } else {
        vec![lines(&letters, session)]
    };
    if let (true, Some(last)) = (more, ids.last()) {
        answer.push(format!("\nThere are more: --before {last}, or a higher --limit."));
    }
    if !counts.is_empty() {
        answer.push(format!("\nIn all:\n{}", summary(&counts, session)));
    }
    Ok(Answer::lines(&answer))
}

fn nothing(state: &str, filtered: bool) -> String {
    let which = if state == "any" { String::new() } else { format!("{state} ") };
    format!("No {which}dead letters{}.", if filtered { " that match" } else { "" })
}

fn lines(letters: &[Listed], session: &Session<'_>) -> String {
    let row = |letter: &Listed| {
        vec![
            letter.dead_letter_id.to_string(),
            age(letter.failed_at, session.now),
            letter.state.clone(),
            shown(letter.consumer.as_bytes()),
            shown(format!("{}/{}/{}", letter.topic, letter.partition, letter.offset).as_bytes()),
            letter.key.as_deref().map_or_else(|| "(none)".to_owned(), |key| cut(&shown(key), 40)),
            shown(letter.error_class.as_bytes()),
            letter.attempts.to_string(),
            cut(&shown(letter.error.as_bytes()), 100),
        ]
    };
    let head = ["id", "age", "state", "consumer", "topic/partition/offset", "key", "class", "tries", "error"];
    table(&head, &letters.iter().map(row).collect::<Vec<_>>())
}

/// How many there are of each kind.
fn summary(counts: &[Count], session: &Session<'_>) -> String {
    let row = |count: &Count| {
        vec![
            count.state.clone(),
            shown(count.consumer.as_bytes()),
            shown(count.error_class.as_bytes()),
            count.letters.to_string(),
            age(count.oldest, session.now),
        ]
    };
    let rows: Vec<_> = counts.iter().map(row).collect();
    table(&["state", "consumer", "class", "letters", "oldest"], &rows)
}

fn as_json(letter: &Listed) -> Value {
    json!({
        "id": letter.dead_letter_id,
        "state": letter.state,
        "consumer": letter.consumer,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": letter.key.as_deref().map(shown),
        "valueBytes": letter.value_bytes,
        "eventId": letter.event_id,
        "class": letter.error_class,
        "error": letter.error,
        "attempts": letter.attempts,
        "failedAt": letter.failed_at.format(&Rfc3339).ok(),
        "reason": letter.reason,
    })
}
