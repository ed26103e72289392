use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key begins with, so that one that leaked is known for what it is.
const PREFIX: &str = "onceward";
/// Hexadecimal digits of the id.
const ID_DIGITS: usize = 12;

/// An API key as its owner has it: `onceward_<id>_<secret>`. It shows itself to nobody but who asks for [`Key::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    id: String,
    secret: [u8; 32],
}

/// A text that is no API key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is no API key")]
pub struct InvalidKey;

impl Key {
    /// A new key.
    #[must_use]
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut secret = [0; 32];
        random.fill_bytes(&mut secret);
        // Of 64 bits, as many as the id has digits for.
        let id = random.next_u64() >> (64 - 4 * ID_DIGITS);
        Self { id: format!("{id:0ID_DIGITS$x}"), secret }
    }

    /// The part that is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a text can be the id of a key.
    #[must_use]
    pub fn is_id(text: &str) -> bool {
        text.len() == ID_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// SHA-256 of the secret, which is what is kept.
    #[must_use]
    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Whether the secret is the one of this hash. Takes as long whether it is or not.
    #[must_use]
    pub fn has_secret(&self, sha256: &[u8]) -> bool {
        self.secret_sha256().ct_eq(sha256).into()
    }

    /// The key itself, for its owner alone.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, URL_SAFE_NO_PAD.encode(self.secret))
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut parts = text.splitn(3, '_');
        let (prefix, id, secret) = (parts.next(), parts.next(), parts.next());
        let secret = secret.and_then(|secret| URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok());
        match (prefix, id.filter(|id| Self::is_id(id)), secret) {
            (Some(PREFIX), Some(id), Some(secret)) => Ok(Self { id: id.to_owned(), secret }),
            _ => Err(InvalidKey),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_key_is_read_back_and_shows_only_its_id() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..200 {
            let key = Key::generate(&mut random);
            let read: Key = key.reveal().parse().unwrap();
            assert_eq!(read, key);
            assert!(read.has_secret(&key.secret_sha256()));
            assert_eq!(format!("{key:?}"), format!("Key({})", key.id()));
        }
    }

    #[test]
    fn another_secret_is_told_and_what_is_no_key_is_refused() {
        let mut random = StdRng::seed_from_u64(2);
        let (one, other) = (Key::generate(&mut random), Key::generate(&mut random));
        assert!(!one.has_secret(&other.secret_sha256()) && !one.has_secret(&[]));
        let whole = one.reveal();
        for text in ["", "onceward", &whole[1..], &whole[..whole.len() - 1], &whole.replace("onceward", "other")] {
            assert_eq!(text.parse::<Key>(), Err(InvalidKey), "{text}");
        }
    }
}
