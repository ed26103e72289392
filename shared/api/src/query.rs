//! The query of a request. Each parameter is read as text first, so that a problem names the one that it is about.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use lambda::Problem;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::{Cursor, invalid};

/// How many items a page has where the request does not say, and at most.
const ITEMS: (i64, i64) = (50, 500);

/// The parameters, where there are no others and none twice; `known` says which there are.
pub fn parameters<T>(query: Result<Query<T>, QueryRejection>, known: &str) -> Result<T, Problem> {
    let refused = |_| invalid("query", format!("The query takes {known}, each once, and nothing else."));
    query.map(|Query(parameters)| parameters).map_err(refused)
}

/// The `limit` of a request for a page.
pub fn limit(text: Option<&str>) -> Result<i64, Problem> {
    limit_of(ITEMS.1, text)
}

/// The `limit` of a request for a page of at most so many items, where these may be large.
pub fn limit_of(most: i64, text: Option<&str>) -> Result<i64, Problem> {
    let usual = ITEMS.0.min(most);
    // What is no number is out of range as well.
    let asked = text.map_or(usual, |text| text.parse().unwrap_or(0));
    let fits = (1..=most).contains(&asked);
    fits.then_some(asked).ok_or_else(|| invalid("limit", format!("The limit is not 1 to {most}.")))
}

/// A text that may stand in the database, of at most so many characters.
pub fn text<const MAX: usize>(field: &'static str, text: Option<String>) -> Result<Option<String>, Problem> {
    let fits = |text: &String| (1..=MAX).contains(&text.chars().count()) && !text.contains('\0');
    let detail = || format!("The value of {field} is not 1 to {MAX} characters, of which none is NUL.");
    text.map(|text| if fits(&text) { Ok(text) } else { Err(invalid(field, detail())) }).transpose()
}

/// A moment, as RFC 3339 writes it.
pub fn moment(field: &'static str, text: Option<&str>) -> Result<Option<OffsetDateTime>, Problem> {
    let read = |text: &str| {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        moment.checked_to_offset(UtcOffset::UTC)
    };
    let detail = || format!("The value of {field} is no time such as 2026-11-21T09:30:00Z.");
    text.map(|text| read(text).ok_or_else(|| invalid(field, detail()))).transpose()
}

/// A whole number from 1.
pub fn number(field: &'static str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    let read = |text: &str| text.parse().ok().filter(|number| *number > 0);
    let detail = || format!("The value of {field} is no whole number from 1.");
    text.map(|text| read(text).ok_or_else(|| invalid(field, detail()))).transpose()
}

/// A moment of a cursor, in microseconds since 1970, which is what the database keeps.
#[must_use]
pub fn micros(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1000).expect("years of four digits")
}

/// The moment back, where it is one that the database knows.
pub fn of_micros(micros: i64) -> Result<OffsetDateTime, Problem> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .ok()
        .filter(|moment| moment.year() >= 0)
        .ok_or_else(no_cursor)
}

/// A place in a list that is ordered by time and id.
pub fn place(cursor: Option<&str>) -> Result<Option<(OffsetDateTime, String)>, Problem> {
    let Some((at, id)) = Cursor::<(i64, String)>::read(cursor)? else { return Ok(None) };
    let place = (of_micros(at)?, id);
    if place.1.contains('\0') { Err(no_cursor()) } else { Ok(Some(place)) }
}

/// The problem with a cursor that somebody made up.
#[must_use]
pub fn no_cursor() -> Problem {
    invalid("cursor", "The cursor is none that a page gave.")
}
