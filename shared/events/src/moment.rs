use serde::{Deserialize, Deserializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A moment as RFC 3339 writes it, in UTC and to the microsecond, which is what databases keep. The last minutes of the year 9999
/// in a western time zone are no moment that UTC can write.
pub(crate) fn parse(text: &str) -> Result<OffsetDateTime, String> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|error| format!("is no RFC 3339 time: {error}"))?;
    let utc = moment.checked_to_offset(UtcOffset::UTC).ok_or("is after the year 9999 or before the year 0 in UTC")?;
    Ok(utc.truncate_to_microsecond())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_in_utc_and_to_the_microsecond() {
        assert_eq!(parse("2026-11-21T10:30:00.1234567+01:00"), Ok(datetime!(2026-11-21 09:30:00.123456 UTC)));
        assert_eq!(parse("0000-01-01T00:00:00Z"), Ok(datetime!(0000-01-01 00:00 UTC)));
        assert_eq!(parse("9999-12-31T23:59:59Z"), Ok(datetime!(9999-12-31 23:59:59 UTC)));
    }

    #[test]
    fn what_no_database_could_keep_is_refused() {
        for text in [
            "9999-12-31T23:59:59-00:01",
            "-0001-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "",
            "now",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
