//! Headers of a record as Lambda writes them: a list of maps with one entry each, and every byte a number, signed as Java's are.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Names and values in their order. Read straight into bytes: as maps and lists of numbers they would cost as much as the value.
#[derive(Default)]
pub(crate) struct Headers(pub(crate) Vec<(String, Vec<u8>)>);

struct HeadersVisitor;
struct HeaderVisitor<'a>(&'a mut Vec<(String, Vec<u8>)>);
struct Bytes(Vec<u8>);
struct BytesVisitor;

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of headers")
    }

    fn visit_unit<E>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::with_capacity(1);
        while list.next_element_seed(HeaderVisitor(&mut headers))?.is_some() {}
        Ok(Headers(headers))
    }
}

impl<'de> DeserializeSeed<'de> for HeaderVisitor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeaderVisitor<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a header as a map with one entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, Bytes(value))) = map.next_entry()? {
            self.0.push((name, value));
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BytesVisitor)
    }
}

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of bytes")
    }

    fn visit_unit<E>(self) -> Result<Bytes, E> {
        Ok(Bytes(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
        let mut bytes = Vec::with_capacity(40);
        while let Some(byte) = list.next_element::<i16>()? {
            // The low byte is the same whether it was written as signed or not.
            bytes.push(byte.to_le_bytes()[0]);
        }
        Ok(Bytes(bytes))
    }
}
