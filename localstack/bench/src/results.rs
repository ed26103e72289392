//! What is measured: printed as it comes, and kept for the files.

mod table;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
pub(crate) use table::Table;

/// Characters of a line, at most.
const WIDTH: usize = 140;

/// All that was measured so far.
#[derive(Default)]
pub(crate) struct Results {
    /// As Markdown.
    text: String,
    last: Option<Kind>,
    figures: BTreeMap<String, f64>,
    judged: Vec<Judged>,
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    /// This, or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
}

/// A figure beside its bar.
struct Judged {
    what: String,
    value: f64,
    unit: &'static str,
    bar: Bar,
}

/// What a line is; those of one kind stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Heading,
    Item,
    Row,
    Block,
}

impl Results {
    /// Begins a part.
    pub(crate) fn heading(&mut self, title: &str) {
        self.last = None;
        self.write(Kind::Heading, &format!("\n## {title}"));
    }

    /// Says something that stays true.
    pub(crate) fn say(&mut self, text: &str) {
        let lines = wrapped(text, WIDTH - 2);
        self.write(Kind::Item, &format!("- {}", lines.join("\n  ")));
    }

    /// Begins a table, whose rows are shown one by one.
    pub(crate) fn table(&mut self, table: &Table) {
        if self.last == Some(Kind::Row) {
            self.write(Kind::Heading, "");
        }
        self.write(Kind::Row, &table.head());
    }

    /// Adds a row to the table that was begun last.
    pub(crate) fn row(&mut self, table: &Table, cells: &[String]) {
        self.write(Kind::Row, &table.row(cells));
    }

    /// Keeps a figure for `results.json`: in milliseconds, megabytes, a second, or a ratio, as its name says.
    pub(crate) fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }

    /// A figure that was kept before.
    pub(crate) fn known(&self, name: &str) -> f64 {
        self.figures.get(name).copied().unwrap_or(f64::NAN)
    }

    /// Shows lines as they are.
    pub(crate) fn block(&mut self, lines: &str) {
        self.write(Kind::Block, &format!("```text\n{lines}\n```"));
    }

    /// Says a figure and whether it reaches its bar.
    pub(crate) fn judge(&mut self, what: &str, value: f64, unit: &'static str, bar: Bar) {
        let judged = Judged { what: what.to_owned(), value, unit, bar };
        self.say(&judged.sentence());
        self.judged.push(judged);
    }

    fn write(&mut self, kind: Kind, lines: &str) {
        let apart = if self.last.is_some_and(|last| last != kind) { "\n" } else { "" };
        println!("{apart}{lines}");
        self.text.extend([apart, lines, "\n"]);
        self.last = Some(kind);
    }

    /// Writes `results.md`, which begins with `head`, and `results.json`.
    pub(crate) fn save(&self, folder: &Path, head: &str) -> anyhow::Result<()> {
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"))
        };
        write("results.md", format!("# What `make bench` measured\n\n{head}{}{}", self.bars(), self.text))?;
        write("results.json", format!("{:#}\n", self.json()))
    }

    fn json(&self) -> Value {
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        let figures: BTreeMap<_, _> = self.figures.iter().map(|(name, value)| (name, rounded(*value))).collect();
        json!({ "figures": figures })
    }

    fn bars(&self) -> String {
        let cells = |judged: &Judged| {
            let measured = format!("{} {}", number(judged.value), judged.unit);
            [judged.what.clone(), measured.trim_end().to_owned(), judged.bar.text(judged.unit), judged.verdict()]
        };
        let rows: Vec<_> = self.judged.iter().map(cells).collect();
        let table = rows.iter().fold(Table::new(&["what", "measured", "bar", "reached"]), |table, row| table.fit(row));
        let rows: Vec<String> = rows.iter().map(|row| table.row(row) + "\n").collect();
        format!("\n## Bars\n\n{}\n{}", table.head(), rows.concat())
    }
}

impl Bar {
    /// By how much a figure falls short of it, where it does.
    pub(crate) fn lack(self, value: f64) -> Option<f64> {
        match self {
            Self::AtLeast(least) => (value.is_nan() || value < least).then_some(least - value),
            Self::Below(limit) => (value.is_nan() || value >= limit).then_some(value - limit),
        }
    }

    fn text(self, unit: &str) -> String {
        let text = match self {
            Self::AtLeast(least) => format!("at least {} {unit}", number(least)),
            Self::Below(limit) => format!("below {} {unit}", number(limit)),
        };
        text.trim_end().to_owned()
    }
}

impl Judged {
    fn sentence(&self) -> String {
        let value = format!("{} {}", number(self.value), self.unit);
        format!("**{}: {}** (bar: {}; {})", self.what, value.trim_end(), self.bar.text(self.unit), self.verdict())
    }

    fn verdict(&self) -> String {
        let Some(lack) = self.bar.lack(self.value) else { return "reached".to_owned() };
        let text = format!("lacks {} {}", number(lack), self.unit);
        text.trim_end().to_owned()
    }
}

/// A figure with as many digits as say something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_that_is_not_reached_is_never_said_to_be() {
        let lack = |bar: Bar, value| bar.lack(value).map(number);
        assert_eq!(lack(Bar::AtLeast(0.5), 0.5), None);
        assert_eq!(lack(Bar::AtLeast(0.5), 0.46), Some("0.04".into()));
        assert_eq!(lack(Bar::Below(50.0), 49.9), None);
        assert_eq!(lack(Bar::Below(50.0), 50.0), Some("0.00".into()));
        assert!(Bar::AtLeast(0.5).lack(f64::NAN).is_some() && Bar::Below(1.0).lack(f64::NAN).is_some());
    }

    #[test]
    fn what_is_said_stands_in_the_files() {
        let mut results = Results::default();
        results.heading("Redirect");
        results.say(&"word ".repeat(60));
        let table = Table::new(&["round", "ms"]);
        results.table(&table);
        results.row(&table, &["1".to_owned(), "0.5".to_owned()]);
        results.judge("Added", 1.5, "ms", Bar::Below(1.0));
        results.figure("redirect.added_ms.p50", 1.5);
        let folder = stack::scratch().unwrap();
        results.save(folder.path(), "On a machine.\n").unwrap();
        let text = std::fs::read_to_string(folder.path().join("results.md")).unwrap();
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        for part in [
            "| Added    |  1.50 ms | below 1.00 ms | lacks 0.50 ms |",
            "lacks 0.50 ms)",
            "\n\n## Redirect\n\n- word",
            "\n\n| round ",
            "\n\n- **Added: 1.50 ms**",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        let json = std::fs::read_to_string(folder.path().join("results.json")).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["figures"]["redirect.added_ms.p50"], 1.5);
    }
}
