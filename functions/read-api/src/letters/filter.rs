use api::invalid;
use api::query::{moment, number, text};
use lambda::Problem;
use serde::Deserialize;
use store::dead_letters::Filter;
use utoipa::ToSchema;

/// What a dead letter may be.
const STATES: [&str; 4] = ["open", "redriven", "applied", "discarded"];

/// Which dead letters are meant: those for which all that is given holds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Filters {
    /// The consumer that failed.
    #[schema(example = "event-fanout", min_length = 1, max_length = 256)]
    pub(crate) consumer: Option<String>,
    /// The topic of the record.
    #[schema(example = "user.events", min_length = 1, max_length = 256)]
    pub(crate) topic: Option<String>,
    /// The kind of error.
    #[schema(example = "email-taken", min_length = 1, max_length = 256)]
    pub(crate) error_class: Option<String>,
    /// The key of the record.
    pub(crate) key: Option<String>,
    /// The `id` of the event.
    #[schema(min_length = 1, max_length = 256)]
    pub(crate) event_id: Option<String>,
    /// Failed then or later.
    #[schema(format = DateTime)]
    pub(crate) since: Option<String>,
    /// Failed before.
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
    /// The least number.
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub(crate) from_id: Option<Number>,
    /// The greatest number.
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub(crate) to_id: Option<Number>,
}

/// A number, of JSON or of a query.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    /// Of JSON.
    Number(i64),
    /// Of a query.
    Text(String),
}

impl Filters {
    /// The same, as the database is asked.
    pub(crate) fn filter(self) -> Result<Filter, Problem> {
        Ok(Filter {
            consumer: text::<256>("consumer", self.consumer)?,
            topic: text::<256>("topic", self.topic)?,
            error_class: text::<256>("errorClass", self.error_class)?,
            state: None,
            key: self.key.map(String::into_bytes),
            event_id: text::<256>("eventId", self.event_id)?,
            since: moment("since", self.since.as_deref())?,
            until: moment("until", self.until.as_deref())?,
            from_id: of_number("fromId", self.from_id)?,
            to_id: of_number("toId", self.to_id)?,
        })
    }
}

fn of_number(field: &'static str, given: Option<Number>) -> Result<Option<i64>, Problem> {
    match given {
        Some(Number::Number(given)) => number(field, Some(&given.to_string())),
        Some(Number::Text(given)) => number(field, Some(&given)),
        None => Ok(None),
    }
}

/// The state that is asked for; none for any.
pub(crate) fn state(text: Option<String>) -> Result<Option<String>, Problem> {
    let is_one = |text: &String| STATES.contains(&text.as_str());
    let detail = "The state is not open, redriven, applied or discarded.";
    text.map(|text| if is_one(&text) { Ok(text) } else { Err(invalid("state", detail)) }).transpose()
}
