//! The form that is hashed: these fields as netstrings (the number of bytes in decimal, a colon, the bytes, a comma), one after the
//! other: `onceward-audit-1`, chain, seq, previous hash, event source, event id, event type, user id, action, resource, status,
//! detail, whether it is stale, correlation id, causation id, when it occurred, when it was recorded. Numbers are decimal, hashes
//! lower-case hex, truth is `true` or `false`, times are microseconds since 1970, and what is absent is `-,`. A netstring begins with
//! a digit and says where it ends, so that no two rows have one form.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::Entry;

/// The form's name. Another form has another, so that no hash of one passes for a hash of the other.
const VERSION: &str = "onceward-audit-1";

/// The hash of an entry at this place.
pub(super) fn hash(entry: &Entry, seq: i64, previous_hash: &[u8], recorded_at: OffsetDateTime) -> [u8; 32] {
    Sha256::digest(form(entry, seq, previous_hash, recorded_at)).into()
}

/// The moment as PostgreSQL keeps it.
pub(super) fn to_microseconds(moment: OffsetDateTime) -> OffsetDateTime {
    let nanoseconds = moment.unix_timestamp_nanos();
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds - nanoseconds.rem_euclid(1000)).unwrap_or(moment)
}

fn form(entry: &Entry, seq: i64, previous_hash: &[u8], recorded_at: OffsetDateTime) -> String {
    let mut form = String::with_capacity(512);
    let mut add = |field: Option<&str>| match field {
        Some(field) => form.extend([&*field.len().to_string(), ":", field, ","]),
        None => form.push_str("-,"),
    };
    add(Some(VERSION));
    add(Some(&entry.chain));
    add(Some(&seq.to_string()));
    add(Some(&hex(previous_hash)));
    add(Some(&entry.event_source));
    add(Some(&entry.event_id));
    add(Some(&entry.event_type));
    add(Some(&entry.user_id));
    add(Some(&entry.action));
    add(Some(&entry.resource));
    add(Some(&entry.status));
    add(entry.detail.as_deref());
    add(Some(if entry.is_stale { "true" } else { "false" }));
    add(entry.correlation_id.as_deref());
    add(entry.causation_id.as_deref());
    add(Some(&microseconds(entry.occurred_at)));
    add(Some(&microseconds(recorded_at)));
    form
}

fn microseconds(moment: OffsetDateTime) -> String {
    moment.unix_timestamp_nanos().div_euclid(1000).to_string()
}

/// A hash as it is written everywhere: lower-case hex.
#[must_use]
pub fn hex(hash: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let mut hex = String::with_capacity(hash.len() * 2);
    hex.extend(hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    hex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn entry() -> Entry {
        Entry {
            chain: "user.events/0".to_owned(),
            event_source: "/signup".to_owned(),
            event_id: "e-1".to_owned(),
            event_type: "user.registered".to_owned(),
            user_id: "u-1".to_owned(),
            action: "register".to_owned(),
            resource: "user/u-1".to_owned(),
            status: "success".to_owned(),
            detail: None,
            is_stale: false,
            correlation_id: None,
            causation_id: None,
            occurred_at: datetime!(2026-11-21 09:30:00.000_001 UTC),
        }
    }

    const RECORDED: OffsetDateTime = datetime!(2026-11-21 09:30:01 UTC);

    #[test]
    fn the_form_is_what_the_documentation_says() {
        let expected = "16:onceward-audit-1,13:user.events/0,1:7,4:00ff,7:/signup,3:e-1,15:user.registered,3:u-1,8:register,\
                        8:user/u-1,7:success,-,5:false,-,-,16:1795253400000001,16:1795253401000000,";
        assert_eq!(form(&entry(), 7, &[0, 255], RECORDED), expected);
    }

    /// A changed hash means a new version of the form, and not a new line here: logs that are kept have the old ones.
    #[test]
    fn hashes_are_frozen() {
        let full = Entry {
            detail: Some("é, 3:x".to_owned()),
            is_stale: true,
            correlation_id: Some("c".to_owned()),
            causation_id: Some(String::new()),
            occurred_at: datetime!(1969-12-31 23:59:59.999_999_9 UTC),
            ..entry()
        };
        let hashes = [
            (hash(&entry(), 1, &[0; 32], RECORDED), "1cd453aa9cbc6a024d69b8df9b1b8b5f45b5c81ae716c37eff29bdaee3f3c0a3"),
            (hash(&entry(), 2, &[0; 32], RECORDED), "ff45ebe80d999c048f2d5f5e4f69155921456dc88459811de7f51f75590587a3"),
            (
                hash(&full, i64::MAX, &[0xab; 32], RECORDED),
                "1f43020338f42a6fed88acf9fecd95837aa6b42c4067a01d7705d6a166f1f1e1",
            ),
        ];
        for (hash, expected) in hashes {
            assert_eq!(hex(&hash), expected);
        }
    }

    #[test]
    fn a_moment_before_1970_is_cut_as_it_is_hashed() {
        let moment = datetime!(1969-12-31 23:59:59.999_999_9 UTC);
        assert_eq!(to_microseconds(moment), datetime!(1969-12-31 23:59:59.999_999 UTC));
        assert_eq!(microseconds(moment), microseconds(to_microseconds(moment)));
    }

    /// Texts of the characters that the form itself is made of.
    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(prop_oneof![Just('-'), Just(','), Just(':'), Just('1'), Just('é')], 0..4)
            .prop_map(String::from_iter)
    }

    prop_compose! {
        fn entries()(
            texts in proptest::array::uniform8(text()),
            absent in proptest::array::uniform3(proptest::option::of(text())),
            is_stale: bool,
            occurred in 0_i64..3,
        ) -> Entry {
            let [chain, event_source, event_id, event_type, user_id, action, resource, status] = texts;
            let [detail, correlation_id, causation_id] = absent;
            let occurred_at = OffsetDateTime::from_unix_timestamp(occurred).unwrap();
            Entry {
                chain, event_source, event_id, event_type, user_id, action, resource, status, detail, is_stale, correlation_id,
                causation_id, occurred_at,
            }
        }
    }

    /// Moves a piece of one text to the next, which keeps what a careless form would only put side by side.
    fn shifted(entry: &Entry) -> Entry {
        let mut shifted = entry.clone();
        if let Some(last) = shifted.user_id.pop() {
            shifted.action.insert(0, last);
        } else {
            shifted.detail = Some(shifted.detail.map_or_else(String::new, |detail| format!("-{detail}")));
        }
        shifted
    }

    proptest! {
        #[test]
        fn no_two_entries_share_a_form(one in entries(), other in entries(), seq in 1_i64..3) {
            let of = |entry: &Entry| form(entry, seq, &[], RECORDED);
            prop_assert_eq!(one == other, of(&one) == of(&other));
            prop_assert_ne!(of(&one), of(&shifted(&one)));
            prop_assert_ne!(of(&one), form(&one, seq + 1, &[], RECORDED));
        }
    }
}
