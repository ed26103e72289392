//! One log for all: a name in its colour, and what was said.

use std::fmt::Write as _;
use std::io::Write as _;

use console::{Color, Style, StyledObject, style};
use serde_json::{Map, Value};

use crate::label;

const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Green, Color::Magenta, Color::Yellow, Color::Blue, Color::Color256(208)];

/// Fields that every line has and nobody reads here, and what is shown in front.
const LEFT_OUT: [&str; 5] = ["timestamp", "target", "spans", "level", "message"];

/// What `cargo lambda watch` and cargo say of themselves at each start of a function.
const NOISE: [&str; 4] =
    ["spawning function instance", "starting lambda function instance", "Blocking waiting", "debug/dev label"];

/// Lines with figures that CloudWatch takes out of the output.
const FIGURES: &str = "{\"_aws\":";

/// Shows a line of `process`, or of the function that it names.
pub(crate) fn show(process: &str, line: &str) {
    let (name, line) = label::split(line).unwrap_or((process, line));
    if line.trim().is_empty() || line.starts_with(FIGURES) || NOISE.iter().any(|noise| line.contains(noise)) {
        return;
    }
    let name = Style::new().fg(colour_of(name)).apply_to(format!("{name:>14} |"));
    // Nobody is left to be told when standard output is closed.
    let _ = writeln!(std::io::stdout().lock(), "{name} {}", readable(line));
}

fn colour_of(name: &str) -> Color {
    let sum: usize = name.bytes().map(usize::from).sum();
    COLOURS[sum % COLOURS.len()]
}

/// A JSON line as its level, its message and its other fields; any other line as it is.
fn readable(line: &str) -> String {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(line) else { return plain(line) };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let (Some(level), Some(message)) = (text("level"), text("message")) else { return plain(line) };
    let mut shown = format!("{:5} {message}", coloured(level));
    for (name, value) in fields.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(shown, " {}{value}", style(format!("{name}=")).dim());
    }
    shown
}

/// A line of text, without the time that it may begin with, and with its level in colour.
fn plain(line: &str) -> String {
    let line = line.trim_start();
    let is_time = |word: &str| word.starts_with("20") && word.contains('T') && word.ends_with('Z');
    let line = line.split_once(' ').filter(|(word, _)| is_time(word)).map_or(line, |(_, rest)| rest.trim_start());
    match line.split_once(' ') {
        Some((level @ ("ERROR" | "WARN" | "INFO" | "DEBUG"), rest)) => format!("{:5} {rest}", coloured(level)),
        _ => line.to_owned(),
    }
}

fn coloured(level: &str) -> StyledObject<&str> {
    match level {
        "ERROR" => style(level).red().bold(),
        "WARN" => style(level).yellow(),
        "INFO" => style(level).green(),
        _ => style(level).dim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_lose_nothing_but_what_every_line_has() {
        let line = r#"{"timestamp":"2026-11-21T01:32:53Z","level":"WARN","message":"Kept","target":"a::b","event.id":"x","n":2}"#;
        let shown = readable(line);
        assert_eq!(console::strip_ansi_codes(&shown), "WARN  Kept event.id=x n=2");
    }

    #[test]
    fn a_line_that_is_no_log_line_stays_as_it_is() {
        for line in ["Compiling redirect v0.1.0", "{\"a\":1}", "[1,2]", "{\"level\":\"INFO\"", "2026 was a year"] {
            assert_eq!(readable(line), line);
        }
    }

    #[test]
    fn a_time_in_front_of_a_line_is_not_shown() {
        let shown = readable("2026-11-21T01:42:07.585963Z  INFO Delivered a batch records=1");
        assert_eq!(console::strip_ansi_codes(&shown), "INFO  Delivered a batch records=1");
    }
}
