use events::Event;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// How far ahead of its record an event may say that it happened.
const LARGEST_LEAD: Duration = Duration::minutes(5);

/// When an event counts as having happened, where the newer of two wins: a clock far ahead would otherwise block every later update
/// until that time has come, so that such an event counts as of the time when Kafka took it. The topics must have `LogAppendTime`, as
/// their template says: a time that the producer gave the record is no better than the event's own, and where the record has none, the
/// event's is all there is.
#[must_use]
pub fn order_time(said: OffsetDateTime, appended: Option<OffsetDateTime>) -> OffsetDateTime {
    appended.filter(|appended| said - *appended > LARGEST_LEAD).unwrap_or(said)
}

/// What sets a field: the greater text, byte by byte, is newer. An event with a sequence is newer than any without, and of those the one
/// with the later time; id and source decide between equals. This order is total, so that the newest of several events is the same
/// whichever came first.
#[must_use]
pub fn version(event: &Event, order_time: OffsetDateTime) -> String {
    let (id, source) = (part(event.id.as_str()), part(event.source.as_str()));
    match &event.sequence {
        Some(sequence) => format!("1{}{id}{source}", part(sequence.as_str())),
        None => format!("0{}{id}{source}", part(&moment(order_time))),
    }
}

/// A text with an end that is less than any other character, so that texts one after another compare as they would one by one.
fn part(text: &str) -> String {
    // What the text has of that character itself is told apart by what follows.
    text.replace('\u{1}', "\u{1}\u{2}") + "\u{1}\u{1}"
}

/// A moment of the years 0 to 9999, with as many characters as any other.
fn moment(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]");
    moment.to_utc().format(format).expect("a date and a time have all these parts")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    #[test]
    fn an_event_dated_far_ahead_of_its_record_counts_as_of_the_record() {
        let minutes = |minutes| NOON + Duration::minutes(minutes);
        assert_eq!(order_time(minutes(5), Some(NOON)), minutes(5));
        assert_eq!(order_time(minutes(5) + Duration::MICROSECOND, Some(NOON)), NOON);
        assert_eq!(order_time(datetime!(9999-12-31 23:59:59 UTC), Some(NOON)), NOON);
        assert_eq!(order_time(minutes(-60), Some(NOON)), minutes(-60), "late is not ahead");
        assert_eq!(order_time(minutes(60), None), minutes(60), "a record without a time says nothing");
    }

    fn an_event() -> impl Strategy<Value = (Event, OffsetDateTime)> {
        let text = || "[\u{1}\u{2}ab]{1,3}";
        // Across the turns of day, year and epoch, and years of fewer than four digits.
        let micros = prop_oneof![
            -3_i64..3,
            1_767_225_599_999_997_i64..1_767_225_600_000_003,
            Just(-62_167_219_200_000_000_i64),
            Just(-30_000_000_000_000_000)
        ];
        (proptest::option::of(text()), text(), text(), micros).prop_map(|(sequence, id, source, micros)| {
            let mut event = testkit::user_registered("u-1", "a@example.com");
            event.sequence = sequence.map(|sequence| events::Text::new(sequence).unwrap());
            event.id = events::EventId::new(id).unwrap();
            event.source = events::Text::new(source).unwrap();
            (event, OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap())
        })
    }

    proptest! {
        #[test]
        fn versions_compare_as_sequence_or_else_time_then_id_and_source(one in an_event(), other in an_event()) {
            let parts = |(event, time): &(Event, OffsetDateTime)| {
                let sequence = event.sequence.as_ref().map(ToString::to_string);
                let time = sequence.is_none().then_some(*time);
                (sequence, time, event.id.to_string(), event.source.to_string())
            };
            let versions = [&one, &other].map(|(event, time)| version(event, *time));
            prop_assert_eq!(versions[0].cmp(&versions[1]), parts(&one).cmp(&parts(&other)));
        }
    }
}
