//! A place in the document that knows the way to it, so that every refusal names line and property.

use crate::error::Refusal;
use crate::tree::{Entry, Kind, Yaml};

/// A value and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub yaml: &'a Yaml,
    /// The line of its key, where it has one.
    pub line: usize,
    pub path: String,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub fn root(yaml: &'a Yaml) -> Self {
        Self { yaml, line: yaml.line, path: String::new() }
    }

    fn entry(&self, entry: &'a Entry) -> Self {
        let path = if self.path.is_empty() { entry.key.clone() } else { format!("{}.{}", self.path, entry.key) };
        Self { yaml: &entry.value, line: entry.line, path }
    }

    /// Its own refusal, with the reason.
    pub fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal { line: self.line, property: self.path.clone(), reason: reason.into() })
    }

    /// Its entries, whatever their names.
    pub fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>, Refusal> {
        match &self.yaml.kind {
            Kind::Map(entries) if self.yaml.tag.is_none() => {
                Ok(entries.iter().map(|entry| (entry.key.as_str(), self.entry(entry))).collect())
            }
            _ => self.refuse("must have properties of its own"),
        }
    }

    /// Its items.
    pub fn items(&self) -> Result<Vec<Node<'a>>, Refusal> {
        match &self.yaml.kind {
            Kind::List(items) if self.yaml.tag.is_none() => Ok(items
                .iter()
                .enumerate()
                .map(|(index, yaml)| Node { yaml, line: yaml.line, path: format!("{}[{index}]", self.path) })
                .collect()),
            _ => self.refuse("must be a list"),
        }
    }

    /// Its properties, of which all must be `known` or `ignored`.
    pub fn properties(&self, known: &[&str], ignored: &[&str]) -> Result<Properties<'a>, Refusal> {
        let entries = self.entries()?;
        for (name, node) in &entries {
            if !known.contains(name) && !ignored.contains(name) {
                return node
                    .refuse("the local tools do not know this property: build it in localstack/, or leave it out");
            }
        }
        Ok(Properties { owner: self.clone(), entries })
    }
}

/// The checked properties of a node.
pub(crate) struct Properties<'a> {
    owner: Node<'a>,
    entries: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Properties<'a> {
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.entries.iter().find(|(key, _)| *key == name).map(|(_, node)| node)
    }

    pub fn required(&self, name: &str) -> Result<&Node<'a>, Refusal> {
        self.get(name).map_or_else(|| self.owner.refuse(format!("the property `{name}` is missing")), Ok)
    }
}
