use api::{invalid, media_type, reason, unsupported_media_type};
use events::Source;
use events::intake::{self, Draft, Unreadable};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use time::OffsetDateTime;

/// The largest body, in bytes: a record of a topic may be as large.
pub(crate) const BODY_LIMIT: usize = 1_000_000;
/// The most events of a batch.
const BATCH_LIMIT: usize = 500;
/// What the headers of binary mode begin with.
const BINARY: &str = "ce-";

/// In which way events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Structured,
    Batch,
    Binary,
    Plain,
}

/// What a request brought.
pub(crate) struct Request {
    /// Its events, not yet checked.
    pub drafts: Vec<Draft>,
    /// Whether they came as a batch, in which each has a place.
    pub is_batch: bool,
}

/// Reads the events of a request. One in the plain form without a source has this one.
pub(crate) fn request(
    headers: &HeaderMap,
    body: &[u8],
    source: Option<&Source>,
    now: OffsetDateTime,
) -> Result<Request, Problem> {
    let mode = mode(headers)?;
    let drafts = match mode {
        Mode::Structured => intake::structured(body).map(|draft| vec![draft]),
        Mode::Batch => intake::batch(body, BATCH_LIMIT),
        Mode::Binary => intake::binary(attributes(headers), data_type(headers), body).map(|draft| vec![draft]),
        Mode::Plain => intake::plain(body, source.map(Source::as_str), now).map(|draft| vec![draft]),
    };
    let drafts = drafts.map_err(|error| unreadable(&error))?;
    Ok(Request { drafts, is_batch: mode == Mode::Batch })
}

fn mode(headers: &HeaderMap) -> Result<Mode, Problem> {
    if !is_utf8(headers) {
        return Err(unsupported_media_type("Send events in UTF-8.").about("content-type"));
    }
    let media_type = media_type(headers);
    match media_type.as_str() {
        // As some programs send it where the event says nothing of its data.
        "" if is_binary(headers) => Ok(Mode::Binary),
        "application/cloudevents+json" => Ok(Mode::Structured),
        "application/cloudevents-batch+json" => Ok(Mode::Batch),
        other if other.starts_with("application/cloudevents") => Err(no_such_mode()),
        other if other != "application/json" && !other.ends_with("+json") => Err(no_such_mode()),
        _ if is_binary(headers) => Ok(Mode::Binary),
        "application/json" => Ok(Mode::Plain),
        _ => Err(no_such_mode()),
    }
}

fn is_utf8(headers: &HeaderMap) -> bool {
    let parameters = content_type(headers).split(';').skip(1);
    let charset = parameters.filter_map(|parameter| parameter.split_once('='));
    charset.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).all(|(_, value)| {
        let value = value.trim().trim_matches('"');
        value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("us-ascii")
    })
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Of the data, which is JSON where nothing is said.
fn data_type(headers: &HeaderMap) -> &str {
    Some(content_type(headers)).filter(|content_type| !content_type.is_empty()).unwrap_or("application/json")
}

fn is_binary(headers: &HeaderMap) -> bool {
    attributes(headers).next().is_some()
}

fn attributes(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str().strip_prefix(BINARY)?, value.as_bytes())))
}

fn no_such_mode() -> Problem {
    let detail = "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with the attributes in ce- headers or in the plain form.";
    unsupported_media_type(detail).about("content-type")
}

fn unreadable(error: &Unreadable) -> Problem {
    let reason = match error {
        Unreadable::TooMany(most) => return too_many(*most),
        Unreadable::NotUtf8 => error.to_string(),
        Unreadable::Json(error) => reason(error),
    };
    invalid("body", format!("The body cannot be read: {reason}."))
}

fn too_many(most: usize) -> Problem {
    let detail = format!("The batch has more than {most} events.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch-too-large", "Batch too large", detail).about("events")
}
