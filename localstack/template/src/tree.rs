//! The document as a tree whose nodes know their line. CloudFormation's short forms (`!Ref x`) keep their tag.

use saphyr_parser::{Event, Marker, Parser, Span, StrInput};

use crate::error::Refusal;

/// A value of the document.
#[derive(Debug)]
pub(crate) struct Yaml {
    pub line: usize,
    /// `Ref` of `!Ref x`.
    pub tag: Option<String>,
    pub kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Scalar(String),
    List(Vec<Yaml>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Yaml,
}

/// Reads the first and only document of `text`.
pub(crate) fn load(text: &str) -> Result<Yaml, Refusal> {
    let mut events = Events(Parser::new_from_str(text));
    loop {
        match events.next()? {
            (Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, at) => return Err(not_yaml(at, "the file is empty".into())),
            first => return events.value(first),
        }
    }
}

struct Events<'a>(Parser<'a, StrInput<'a>>);

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker), Refusal> {
        match self.0.next_event() {
            Some(Ok((event, Span { start, .. }))) => Ok((event, start)),
            Some(Err(error)) => Err(not_yaml(*error.marker(), error.info().to_owned())),
            None => Err(not_yaml(Marker::new(0, 1, 0), "the file ends too early".into())),
        }
    }

    fn value(&mut self, (event, at): (Event<'a>, Marker)) -> Result<Yaml, Refusal> {
        let (tag, kind) = match event {
            Event::Scalar(text, _, _, tag) => (tag, Kind::Scalar(text.into_owned())),
            Event::SequenceStart(_, tag) => (tag, Kind::List(self.items()?)),
            Event::MappingStart(_, tag) => (tag, Kind::Map(self.entries()?)),
            Event::Alias(_) => return Err(not_yaml(at, "aliases are not supported: write the value again".into())),
            other => return Err(not_yaml(at, format!("unexpected {other:?}"))),
        };
        let tag = tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone());
        Ok(Yaml { line: at.line(), tag, kind })
    }

    fn items(&mut self) -> Result<Vec<Yaml>, Refusal> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                item => items.push(self.value(item)?),
            }
        }
    }

    fn entries(&mut self) -> Result<Vec<Entry>, Refusal> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, at) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(entries),
                (Event::Scalar(key, ..), at) => (key.into_owned(), at),
                (_, at) => return Err(not_yaml(at, "a key must be a plain name".into())),
            };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(not_yaml(at, format!("the key `{key}` stands twice in one place")));
            }
            let first = self.next()?;
            let value = self.value(first)?;
            entries.push(Entry { key, line: at.line(), value });
        }
    }
}

fn not_yaml(at: Marker, reason: String) -> Refusal {
    Refusal { line: at.line(), property: "not a template".into(), reason }
}
