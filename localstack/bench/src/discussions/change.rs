//! Changes through `discussions-api`, and how long it says that they took.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::door::{Answer, Door};

/// A change that was made.
pub(super) struct Changed {
    pub(super) answer: Value,
    /// Until the change was committed.
    pub(super) write: Duration,
    /// How long the outbox was drained after that.
    pub(super) drain: Duration,
}

/// Creates a thread.
pub(super) async fn create(door: &Door, nth: u32) -> anyhow::Result<Changed> {
    let thread = json!({
        "courseId": format!("course-{}", nth % 20),
        "title": format!("Question {nth} of the lecture on limits"),
        "content": "Why does the second step not need the first one to be finite? ".repeat(6),
        "author": format!("person-{nth}"),
    });
    change(door, Method::POST, "/api/discussions/threads", &thread, 201).await
}

/// Votes for a thread.
pub(super) async fn vote(door: &Door, thread: &str, voter: u32) -> anyhow::Result<Changed> {
    let vote = json!({"voter": format!("person-{voter}"), "vote": "up"});
    change(door, Method::PUT, &format!("/api/discussions/threads/{thread}/vote"), &vote, 200).await
}

/// Comments on a thread.
pub(super) async fn comment(door: &Door, thread: &str, author: u32) -> anyhow::Result<Changed> {
    let comment = json!({"author": format!("person-{author}"), "content": "Because of the third one."});
    change(door, Method::POST, &format!("/api/discussions/threads/{thread}/comments"), &comment, 201).await
}

async fn change(door: &Door, method: Method, path: &str, body: &Value, expected: u16) -> anyhow::Result<Changed> {
    let Answer { status, timing, text } = door.ask(method, path, body).await?;
    ensure!(status == expected, "{path} was answered with {status} instead of {expected}: {text}");
    let of =
        |name| part(&timing, name).with_context(|| format!("{path} does not say how long its {name} took: {timing}"));
    Ok(Changed { write: of("write")?, drain: of("drain")?, answer: serde_json::from_str(&text)? })
}

/// What `Server-Timing` says of a part, in milliseconds.
fn part(timing: &str, name: &str) -> Option<Duration> {
    let mut parts = timing.split(',').map(str::trim);
    let ms: f64 = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix(";dur=")?.parse().ok())?;
    Duration::try_from_secs_f64(ms / 1e3).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_found_by_its_name_and_what_is_no_duration_is_none() {
        let timing = "write;dur=1.25, drain;dur=3";
        assert_eq!(part(timing, "write"), Some(Duration::from_micros(1250)));
        assert_eq!(part(timing, "drain"), Some(Duration::from_millis(3)));
        for (timing, name) in [(timing, "rain"), ("", "write"), ("write", "write"), ("write;dur=-1", "write")] {
            assert_eq!(part(timing, name), None, "{name} of {timing:?}");
        }
    }
}
