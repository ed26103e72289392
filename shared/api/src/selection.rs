use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use store::dead_letters::Filter;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Bytes of a hash that are shown.
const SHOWN: usize = 6;

/// Dead letters that a filter selects, in words for the audit log, which is kept for ever. A key or the id of an event may be about a
/// person, so that only the beginning of its SHA-256 stands there.
#[must_use]
pub fn selected_by(filter: &Filter) -> String {
    let Filter { consumer, topic, error_class, state: _, key, event_id, since, until, from_id, to_id } = filter;
    let all = [
        ("consumer", consumer.clone()),
        ("topic", topic.clone()),
        ("class", error_class.clone()),
        ("key", key.as_deref().map(hidden)),
        ("event-id", event_id.as_ref().map(|id| hidden(id.as_bytes()))),
        ("since", since.map(moment)),
        ("until", until.map(moment)),
        ("from-id", from_id.map(|id| id.to_string())),
        ("to-id", to_id.map(|id| id.to_string())),
    ];
    let set: Vec<_> = all.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    if set.is_empty() { "all".to_owned() } else { set.join(" ") }
}

/// Dead letters that are named by their numbers: how many, the least and the greatest.
#[must_use]
pub fn selected_ids(ids: &[i64]) -> String {
    match (ids, ids.iter().min(), ids.iter().max()) {
        ([id], ..) => format!("id={id}"),
        (_, Some(least), Some(greatest)) => format!("{} ids from {least} to {greatest}", ids.len()),
        _ => "none".to_owned(),
    }
}

fn hidden(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..SHOWN].iter().fold("sha256:".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all that is written");
        hex
    })
}

fn moment(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_may_be_about_a_person_is_hidden_and_all_else_said() {
        assert_eq!(selected_by(&Filter::default()), "all");
        let filter = Filter {
            consumer: Some("event-fanout".to_owned()),
            key: Some(b"ada@example.com".to_vec()),
            event_id: Some("ada@example.com".to_owned()),
            since: Some(datetime!(2026-11-21 09:30 UTC)),
            to_id: Some(7),
            ..Filter::default()
        };
        // printf %s ada@example.com | sha256sum
        let hash = "sha256:b5fc85e55755";
        let expected = format!("consumer=event-fanout key={hash} event-id={hash} since=2026-11-21T09:30:00Z to-id=7");
        assert_eq!(selected_by(&filter), expected);
    }

    #[test]
    fn numbers_are_said_in_a_few_words_however_many_there_are() {
        assert_eq!(selected_ids(&[7]), "id=7");
        assert_eq!(selected_ids(&(1..=10_000).collect::<Vec<_>>()), "10000 ids from 1 to 10000");
    }
}
