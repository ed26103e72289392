//! What EventBridge sends on a schedule.

use serde_json::json;
use template::Schedule;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::{NoContext, Timestamp, Uuid};

use crate::config::{ACCOUNT, REGION};

/// The schedule's own payload where the template gives one, else the event of a rule.
pub(crate) fn payload(schedule: &Schedule, now: OffsetDateTime) -> Vec<u8> {
    if let Some(input) = &schedule.input {
        return input.clone().into_bytes();
    }
    let rule = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{}", schedule.logical_id);
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let event = json!({
        "version": "0",
        "id": Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond())),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        // EventBridge gives whole seconds.
        "time": now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default(),
        "region": REGION,
        "resources": [rule],
        "detail": {},
    });
    event.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:07.891 UTC);

    fn schedule(input: Option<&str>) -> Schedule {
        let every = Duration::from_mins(1);
        Schedule { logical_id: "ClickConsumerTick".to_owned(), every, input: input.map(str::to_owned) }
    }

    #[test]
    fn a_schedule_sends_the_event_of_its_rule() {
        let mut event: Value = serde_json::from_slice(&payload(&schedule(None), NOW)).unwrap();
        let id = event["id"].take();
        let expected = json!({
            "version": "0",
            "id": null,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "123456789012",
            "time": "2026-11-21T12:00:07Z",
            "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:123456789012:rule/ClickConsumerTick"],
            "detail": {},
        });
        assert_eq!(event, expected);
        assert!(Uuid::try_parse(id.as_str().unwrap()).is_ok(), "{id}");
    }

    #[test]
    fn an_input_is_sent_as_it_stands() {
        assert_eq!(payload(&schedule(Some("{\"drain\": true}")), NOW), b"{\"drain\": true}");
    }

    #[test]
    fn no_two_events_have_one_id() {
        assert_ne!(payload(&schedule(None), NOW), payload(&schedule(None), NOW));
    }
}
