use serde_json::value::RawValue;

use super::draft::{Draft, Scalar, Sent};
use super::flaw::{Unreadable, text_of};
use super::names::Names;

/// The event of a request in binary mode: the attributes are the `ce-` headers, given by their names behind that, and the data is
/// the body, which is JSON.
pub fn binary<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    content_type: &str,
    body: &[u8],
) -> Result<Draft, Unreadable> {
    let mut draft = Draft::new(Names::CloudEvents);
    for (name, value) in headers {
        match (name, decoded(value)) {
            ("datacontenttype", _) => draft.flaw(name, "is the content-type in binary mode, and no header of its own"),
            (name, Some(value)) => draft.put(name, Scalar::Text(value)),
            (name, None) => draft.flaw(name, "is not UTF-8"),
        }
    }
    draft.fill("datacontenttype", content_type);
    let body = text_of(body)?.trim_matches([' ', '\t', '\r', '\n']);
    if !body.is_empty() {
        draft.data = Sent::Json(serde_json::from_str::<Box<RawValue>>(body)?);
    }
    Ok(draft)
}

/// The value that a header stands for: without quotes, and one round of percent-decoding. None where that is not UTF-8. A percent sign
/// without two digits behind it is one.
fn decoded(header: &[u8]) -> Option<String> {
    let plain = unquoted(header);
    let mut decoded = Vec::with_capacity(plain.len());
    let mut rest = plain.as_slice();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let digit = |place: usize| behind.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).expect("two digits"));
                rest = &behind[2..];
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok()
}

/// What stands between double quotes, where the whole does, its backslashes resolved.
fn unquoted(header: &[u8]) -> Vec<u8> {
    let Some(inner) = header.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")) else {
        return header.to_vec();
    };
    let mut is_escaped = false;
    let mut plain = Vec::with_capacity(inner.len());
    for &byte in inner {
        is_escaped = byte == b'\\' && !is_escaped;
        if !is_escaped {
            plain.push(byte);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_unquoted_and_percent_decoded_once() {
        for (header, value) in [
            ("plain", "plain"),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            ("%e2%82%ac", "€"),
            ("%41", "A"),
            ("%2541", "%41"),
            (r#""quoted \"text\" \\ %41""#, r#"quoted "text" \ A"#),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("Euro €", "Euro €"),
            ("\"", "\""),
        ] {
            assert_eq!(decoded(header.as_bytes()).as_deref(), Some(value), "{header}");
        }
        for header in [b"%C0%A0".as_slice(), b"%ff", b"\xff"] {
            assert_eq!(decoded(header), None, "{header:?}");
        }
    }
}
