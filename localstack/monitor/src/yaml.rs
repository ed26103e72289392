//! YAML as JSON's values; every scalar is a text.

use anyhow::{Context as _, bail};
use saphyr_parser::{Event, Parser, StrInput};
use serde_json::{Map, Value};

/// Reads the first document of `text`.
pub(crate) fn read(text: &str) -> anyhow::Result<Value> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match next(&mut parser)? {
            Event::StreamStart | Event::DocumentStart(_) => {}
            first => return value(&mut parser, first),
        }
    }
}

fn next<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> anyhow::Result<Event<'a>> {
    let (event, _) = parser.next_event().context("the document ends too early")??;
    Ok(event)
}

fn value<'a>(parser: &mut Parser<'a, StrInput<'a>>, event: Event<'a>) -> anyhow::Result<Value> {
    match event {
        Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser)? {
                    Event::SequenceEnd => return Ok(Value::Array(items)),
                    item => items.push(value(parser, item)?),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match next(parser)? {
                    Event::MappingEnd => return Ok(Value::Object(entries)),
                    Event::Scalar(key, ..) => {
                        let first = next(parser)?;
                        entries.insert(key.into_owned(), value(parser, first)?);
                    }
                    other => bail!("a key is no text: {other:?}"),
                }
            }
        }
        other => bail!("{other:?} is not expected here"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_lists_and_folded_texts_are_read() {
        let text = "# a comment\na: [x, {b: 1}]\nc:\n  - >-\n    one\n    line\n";
        assert_eq!(read(text).unwrap(), json!({ "a": ["x", { "b": "1" }], "c": ["one line"] }));
        assert!(read("a: [x").is_err());
    }
}
