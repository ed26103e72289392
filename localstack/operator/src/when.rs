//! Moments and ages, as people write and read them.

use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// A moment, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    At(OffsetDateTime),
    Ago(Duration),
}

impl Moment {
    pub(crate) fn at(self, now: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::At(moment) => moment,
            Self::Ago(age) => now.checked_sub(age).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(Self::At(moment));
        }
        let unit = text.chars().last().and_then(|unit| match unit {
            's' => Some(Duration::SECOND),
            'm' => Some(Duration::MINUTE),
            'h' => Some(Duration::HOUR),
            'd' => Some(Duration::DAY),
            _ => None,
        });
        let number = text.get(..text.len().saturating_sub(1)).and_then(|number| number.parse::<u16>().ok());
        unit.zip(number)
            .map(|(unit, number)| Self::Ago(unit * i32::from(number)))
            .ok_or("write 2026-11-21T09:30:00Z, or 90s, 30m, 2h, 7d for so long ago")
    }
}

/// How long ago that was, in its largest unit.
pub(crate) fn age(then: OffsetDateTime, now: OffsetDateTime) -> String {
    span(now - then)
}

/// A length of time in its largest unit.
pub(crate) fn span(length: Duration) -> String {
    let length = length.max(Duration::ZERO);
    match length {
        _ if length < Duration::MINUTE => format!("{}s", length.whole_seconds()),
        _ if length < Duration::HOUR => format!("{}m", length.whole_minutes()),
        _ if length < Duration::DAY * 2 => format!("{}h", length.whole_hours()),
        _ => format!("{}d", length.whole_days()),
    }
}

/// The moment and its age.
pub(crate) fn written(then: OffsetDateTime, now: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let utc = then.to_offset(time::UtcOffset::UTC);
    let moment = utc.format(&format).unwrap_or_else(|_| utc.to_string());
    if then > now {
        format!("{moment} (in {})", span(then - now))
    } else {
        format!("{moment} ({} ago)", age(then, now))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn moments_are_read_as_times_and_as_ages() {
        let now = datetime!(2026-11-21 09:30 UTC);
        let at = |text: &str| text.parse::<Moment>().map(|moment| moment.at(now));
        assert_eq!(at("2026-11-20T09:30:00+01:00"), Ok(datetime!(2026-11-20 08:30 UTC)));
        assert_eq!(at("2h"), Ok(datetime!(2026-11-21 07:30 UTC)));
        assert_eq!(at("7d"), Ok(datetime!(2026-11-14 09:30 UTC)));
        for text in ["", "h", "2", "-2h", "2 hours", "yesterday", "2é"] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_age_is_told_in_one_unit() {
        let now = datetime!(2026-11-21 09:30 UTC);
        let ages = [-5, 5, 65, 3700, 90_000, 200_000].map(|seconds| age(now - Duration::seconds(seconds), now));
        assert_eq!(ages, ["0s", "5s", "1m", "1h", "25h", "2d"]);
    }
}
