//! Bytes of anybody, for a terminal.

use std::fmt::Write as _;

/// As text: what is printable UTF-8 as it is, the rest as `\xff`. Nothing in it moves a cursor or breaks a table, and [`read`] takes it back.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => shown.push_str(r"\\"),
                // Marks that turn the direction of text are no control characters, and as misleading.
                _ if character.is_control()
                    || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
                {
                    let mut buffer = [0; 4];
                    character.encode_utf8(&mut buffer).bytes().for_each(|byte| hex(&mut shown, byte));
                }
                _ => shown.push(character),
            }
        }
        chunk.invalid().iter().for_each(|byte| hex(&mut shown, *byte));
    }
    shown
}

fn hex(shown: &mut String, byte: u8) {
    write!(shown, r"\x{byte:02x}").expect("a String takes all that is written");
}

/// The same on one line, not longer than so many characters.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The bytes that [`shown`] shows like this.
pub(crate) fn read(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let hex = escape.strip_prefix('x').and_then(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok());
        rest = match (hex, escape.strip_prefix('\\')) {
            (Some(byte), _) => {
                bytes.push(byte);
                &escape[3..]
            }
            (None, Some(after)) => {
                bytes.push(b'\\');
                after
            }
            (None, None) => return Err(r"a backslash begins \xff (a byte) or \\ (itself)".to_owned()),
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_shown_can_be_read_back() {
        for bytes in
            [b"plain".as_slice(), b"", b"a\\x", b"\0\xff\xc3\x28\n\t\\", "é\u{202e}\u{9b}".as_bytes(), b"\xf0\x9f"]
        {
            assert_eq!(read(&shown(bytes)).as_deref(), Ok(bytes), "{}", shown(bytes));
        }
    }

    #[test]
    fn nothing_that_is_shown_moves_a_cursor() {
        assert_eq!(shown(b"\x1b[2J\x00\n\xffz"), r"\x1b[2J\x00\x0a\xffz");
        assert_eq!(shown("a\u{9b}b".as_bytes()), r"a\xc2\x9bb");
    }

    #[test]
    fn a_half_escape_is_refused() {
        for text in ["\\", r"\x", r"\xf", r"\xzz", r"\n", r"\xé"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!((cut("éééé", 4), cut("ééééé", 4)), ("éééé".to_owned(), "ééé…".to_owned()));
    }
}
