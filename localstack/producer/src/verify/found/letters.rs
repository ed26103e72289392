use std::collections::BTreeMap;

use sqlx::{FromRow, PgConnection};

use crate::shop::SOURCE;
use crate::verify::Expected;

/// Dead letters of what a journal sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    /// By the id of their event.
    pub(crate) by_event: BTreeMap<String, Vec<Letter>>,
    /// How many have no id that could be read, by the SHA-256 of their bytes.
    pub(crate) by_value: BTreeMap<Vec<u8>, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Letter {
    event_id: Option<String>,
    value_sha256: Vec<u8>,
    pub(crate) state: String,
    pub(crate) error_class: String,
    pub(crate) error: String,
}

impl Letters {
    /// The dead letters of the producer's events, and those with the bytes of its rubbish.
    pub(super) async fn read(connection: &mut PgConnection, expected: &Expected) -> sqlx::Result<Self> {
        let hashes: Vec<&[u8]> = expected.unreadable.keys().map(Vec::as_slice).collect();
        let letters: Vec<Letter> = sqlx::query_as(
            "select event_id, value_sha256, state, error_class, error from dead_letters
             where consumer in ('event-fanout', 'order-consumer') and (event_source = $1 or value_sha256 = any($2))
             order by dead_letter_id",
        )
        .bind(SOURCE)
        .bind(hashes)
        .fetch_all(connection)
        .await?;
        let mut ours = Self::default();
        for letter in letters {
            ours.keep(letter, expected);
        }
        Ok(ours)
    }

    fn keep(&mut self, letter: Letter, expected: &Expected) {
        match &letter.event_id {
            Some(id) if expected.event_ids.contains(id) || expected.rubbish.contains_key(id) => {
                self.by_event.entry(id.clone()).or_default().push(letter);
            }
            None if expected.unreadable.contains_key(&letter.value_sha256) => {
                *self.by_value.entry(letter.value_sha256).or_default() += 1;
            }
            _ => {}
        }
    }

    /// The one of an event that nobody has sent on.
    pub(crate) fn left_of(&self, event_id: &str) -> Option<&Letter> {
        let letters = self.by_event.get(event_id)?;
        letters.iter().find(|letter| matches!(letter.state.as_str(), "open" | "discarded"))
    }
}

#[cfg(test)]
impl Letter {
    /// One that is in this state.
    pub(crate) fn of(state: &str) -> Self {
        Self {
            event_id: Some("e".to_owned()),
            value_sha256: Vec::new(),
            state: state.to_owned(),
            error_class: "class".to_owned(),
            error: "why".to_owned(),
        }
    }
}
