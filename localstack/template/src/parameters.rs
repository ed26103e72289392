//! Resolves values: literals, and `Ref` and `Sub` of parameters with a default.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::error::Refusal;
use crate::properties::Node;
use crate::tree::Kind;

const INSTEAD: &str = "use a literal, or a !Ref or !Sub of a parameter with a default";

/// The template's parameters, each with its default where it has one.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, Option<String>>);

/// A value as the local tools see it.
enum Value {
    Known(String),
    /// Only a deployment knows it; the text says why.
    Deployed(String),
}

impl Parameters {
    pub fn read(section: &Node<'_>) -> Result<Self, Refusal> {
        let mut parameters = BTreeMap::new();
        for (name, node) in section.entries()? {
            let default = node.entries()?.into_iter().find(|(key, _)| *key == "Default");
            let default = default.map(|(_, default)| literal(&default)).transpose()?;
            parameters.insert(name.to_owned(), default);
        }
        Ok(Self(parameters))
    }

    /// The value of a property that the local tools need.
    pub fn text(&self, node: &Node<'_>) -> Result<String, Refusal> {
        match self.value(node)? {
            Value::Known(text) => Ok(text),
            Value::Deployed(why) => node.refuse(format!("{why}, which only a deployment knows: {INSTEAD}")),
        }
    }

    /// The value of an environment variable; none where only a deployment knows it.
    pub fn variable(&self, node: &Node<'_>) -> Result<Option<String>, Refusal> {
        Ok(match self.value(node)? {
            Value::Known(text) => Some(text),
            Value::Deployed(_) => None,
        })
    }

    /// A whole number within bounds.
    pub fn number<N>(&self, node: &Node<'_>, bounds: RangeInclusive<N>) -> Result<N, Refusal>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let text = self.text(node)?;
        match text.parse() {
            Ok(number) if bounds.contains(&number) => Ok(number),
            _ => {
                let (low, high) = (bounds.start(), bounds.end());
                node.refuse(format!("`{text}` is not a whole number from {low} to {high}"))
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&self, node: &Node<'_>) -> Result<bool, Refusal> {
        let text = self.text(node)?;
        text.parse().or_else(|_| node.refuse(format!("`{text}` is neither true nor false")))
    }

    fn value(&self, node: &Node<'_>) -> Result<Value, Refusal> {
        let value = match (intrinsic(node), &node.yaml.kind) {
            (Some(("Ref", name)), _) => self.reference(node, name)?,
            (Some(("Sub", text)), _) => self.substituted(node, text)?,
            (None, Kind::Scalar(text)) => match &node.yaml.tag {
                None => Value::Known(text.clone()),
                Some(tag) => return node.refuse(format!("!{tag} cannot be resolved locally: {INSTEAD}")),
            },
            _ => return node.refuse(format!("cannot be resolved locally: {INSTEAD}")),
        };
        Ok(match value {
            Value::Known(text) if text.contains("{{resolve:") => Value::Deployed("this is a dynamic reference".into()),
            value => value,
        })
    }

    fn reference(&self, node: &Node<'_>, name: &str) -> Result<Value, Refusal> {
        match self.0.get(name) {
            Some(Some(default)) => Ok(Value::Known(default.clone())),
            Some(None) => Ok(Value::Deployed(format!("the parameter `{name}` has no default"))),
            None => node.refuse(format!("`{name}` is not a parameter: {INSTEAD}")),
        }
    }

    fn substituted(&self, node: &Node<'_>, text: &str) -> Result<Value, Refusal> {
        let mut known = String::new();
        let mut unknown = None;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else {
                return node.refuse("a `${` without its `}`");
            };
            known.push_str(before);
            match name.strip_prefix('!') {
                Some(verbatim) => known.extend(["${", verbatim, "}"]),
                None => match self.reference(node, name)? {
                    Value::Known(value) => known.push_str(&value),
                    Value::Deployed(why) => unknown = Some(why),
                },
            }
            rest = tail;
        }
        known.push_str(rest);
        Ok(unknown.map_or(Value::Known(known), Value::Deployed))
    }
}

/// A scalar that is no intrinsic.
pub(crate) fn literal(node: &Node<'_>) -> Result<String, Refusal> {
    match (&node.yaml.kind, &node.yaml.tag) {
        (Kind::Scalar(text), None) => Ok(text.clone()),
        _ => node.refuse("must be a literal"),
    }
}

/// The name and argument of `!Ref x`, `Ref: x`, `!Sub x`, `Fn::Sub: x` and `Fn::Base64: x`, where the argument is plain.
pub(crate) fn intrinsic<'a>(node: &Node<'a>) -> Option<(&'a str, &'a str)> {
    match (&node.yaml.tag, &node.yaml.kind) {
        (Some(tag), Kind::Scalar(text)) if ["Ref", "Sub", "Base64"].contains(&tag.as_str()) => Some((tag, text)),
        (None, Kind::Map(entries)) => match entries.as_slice() {
            [only] => match (only.key.as_str(), &only.value.kind, &only.value.tag) {
                (name @ ("Ref" | "Fn::Sub" | "Fn::Base64"), Kind::Scalar(text), None) => {
                    Some((name.trim_start_matches("Fn::"), text))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
