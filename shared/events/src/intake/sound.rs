use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::flaw::{Flaw, in_data};
use crate::data::without_position;

/// How deep data may be nested. Programs that read it have limits of their own.
const DEPTH: usize = 32;

/// Checks that data means the same to every program that reads it, and can be kept by all of them, also in fields that nobody here
/// knows: no name twice in one object, no NUL, no half of a surrogate pair, no number beyond what a double can hold, and no more than
/// 32 levels.
pub(super) fn check(json: &str) -> Result<(), Flaw> {
    let mut track = serde_path_to_error::Track::new();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read =
        Sound { levels: DEPTH }.deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track));
    read.map_err(|error| {
        let path = track.path().to_string();
        Flaw::new(in_data(path.strip_prefix('.').unwrap_or(&path)), without_position(&error))
    })
}

#[derive(Clone, Copy)]
struct Sound {
    levels: usize,
}

impl Sound {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let levels =
            self.levels.checked_sub(1).ok_or_else(|| E::custom(format!("is nested deeper than {DEPTH} levels")))?;
        Ok(Self { levels })
    }
}

fn text<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("contains a NUL character")) } else { Ok(()) }
}

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        text(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while elements.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            text(&name)?;
            members.next_value_seed(inner)?;
            if !names.insert(name) {
                return Err(A::Error::custom("has a member twice"));
            }
        }
        Ok(())
    }
}
