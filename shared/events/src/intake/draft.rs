use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::flaw::Flaw;
use super::names::Names;

/// The attributes that the envelope knows; any other is an extension, which is kept as it is.
pub(super) const KNOWN: [&str; 13] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "subject",
    "datacontenttype",
    "dataschema",
    "partitionkey",
    "sequence",
    "correlationid",
    "causationid",
    "traceparent",
];

/// The longest name of an attribute, in bytes. `CloudEvents` asks for no more than 20.
const NAME_LIMIT: usize = 64;
/// The longest value of an attribute, in bytes.
const VALUE_LIMIT: usize = 1024;

/// How many digits a sequence has at least that is a number.
const SEQUENCE_DIGITS: usize = 10;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A text, which is also what a URI, a time and bytes are.
    Text(String),
    /// A whole number.
    Integer(i32),
    /// True or false.
    Boolean(bool),
}

/// The data as it was sent.
#[derive(Debug)]
pub(super) enum Sent {
    Nothing,
    Json(Box<RawValue>),
    Base64(String),
}

/// An event as it was sent: its attributes and its data, with what is wrong with them so far.
#[derive(Debug)]
pub struct Draft {
    pub(super) attributes: BTreeMap<String, Scalar>,
    pub(super) data: Sent,
    pub(super) names: Names,
    pub(super) flaws: Vec<Flaw>,
}

impl Draft {
    pub(super) fn new(names: Names) -> Self {
        Self { attributes: BTreeMap::new(), data: Sent::Nothing, names, flaws: Vec::new() }
    }

    /// Takes an attribute as JSON has it. One that is null is not there.
    pub(super) fn set(&mut self, name: &str, json: &RawValue) {
        match scalar(json.get()) {
            Ok(None) => {}
            Ok(Some(value)) => self.put(name, value),
            Err(reason) => self.flaw(name, reason),
        }
    }

    /// Takes an attribute.
    pub(super) fn put(&mut self, name: &str, value: Scalar) {
        let value = if name == "sequence" { sequence(value) } else { Ok(value) };
        let value = match value.map_err(str::to_owned).and_then(|value| check(name, &value).map(|()| value)) {
            Ok(value) => value,
            Err(reason) => return self.flaw(name, reason),
        };
        if self.attributes.get(name).is_some_and(|known| *known != value) {
            return self.flaw(name, "is given twice");
        }
        self.attributes.insert(name.to_owned(), value);
    }

    /// Takes an attribute where there is none yet.
    pub(super) fn fill(&mut self, name: &str, value: impl Into<String>) {
        self.attributes.entry(name.to_owned()).or_insert_with(|| Scalar::Text(value.into()));
    }

    /// An attribute that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flaw(&mut self, field: &str, reason: impl Into<String>) {
        let flaw = self.names.as_sent(Flaw::new(field, reason));
        self.flaws.push(flaw);
    }
}

/// The value of an attribute in JSON; none for null.
fn scalar(json: &str) -> Result<Option<Scalar>, &'static str> {
    match json.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b't' | b'f') => Ok(Some(Scalar::Boolean(json == "true"))),
        Some(b'"') => serde_json::from_str(json).map(|text| Some(Scalar::Text(text))).map_err(|_| "is no Unicode text"),
        Some(b'-' | b'0'..=b'9') => {
            json.parse().map(|number| Some(Scalar::Integer(number))).map_err(|_| "is no whole number of 32 bits")
        }
        _ => Err("is neither a text nor a whole number nor true nor false"),
    }
}

/// A number as the text that a sequence is, whether it came as a number or as its digits: sequences are compared as texts, and 10 comes
/// after 9. Digits that begin with zeros are a number as well, since others of the same source may begin with none.
fn sequence(value: Scalar) -> Result<Scalar, &'static str> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = match value {
        Scalar::Text(text) => text,
        Scalar::Integer(number) => number.to_string(),
        Scalar::Boolean(_) => return Ok(value),
    };
    match text.strip_prefix('-') {
        Some(digits) if is_digits(digits) => Err("is a negative number: sequences count from 0"),
        None if is_digits(&text) => Ok(Scalar::Text(format!("{text:0>SEQUENCE_DIGITS$}"))),
        _ => Ok(Scalar::Text(text)),
    }
}

fn check(name: &str, value: &Scalar) -> Result<(), String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !(1..=NAME_LIMIT).contains(&name.len()) || !name.bytes().all(is_name) || name == "data" {
        return Err(format!("is no name of an attribute: those are 1 to {NAME_LIMIT} of a-z and 0-9"));
    }
    match value {
        Scalar::Text(text) if text.len() > VALUE_LIMIT => Err(format!("is longer than {VALUE_LIMIT} bytes")),
        Scalar::Text(text) if !text.chars().all(is_allowed) => Err("contains a control character".to_owned()),
        Scalar::Integer(_) | Scalar::Boolean(_) if KNOWN.contains(&name) => Err("is not a text".to_owned()),
        Scalar::Text(_) | Scalar::Integer(_) | Scalar::Boolean(_) => Ok(()),
    }
}

/// Whether `CloudEvents` allows it in a text: no control character and none that Unicode keeps for itself.
pub(super) fn is_allowed(c: char) -> bool {
    let code = u32::from(c);
    !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
}
