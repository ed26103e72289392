use events::{Data, Event, LinkClicked, Text, Utm};
use store::clicks::Click;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::{Builder, NoContext, Timestamp, Uuid};

/// A `UUIDv7` made at this moment.
#[must_use]
pub fn uuid_at(moment: OffsetDateTime) -> Uuid {
    Uuid::new_v7(Timestamp::from_unix(NoContext, moment.unix_timestamp().unsigned_abs(), moment.nanosecond()))
}

/// The least `UUIDv7` of this moment, and the greatest.
#[must_use]
pub fn uuid_bounds_at(moment: OffsetDateTime) -> [Uuid; 2] {
    let millis = moment.unix_timestamp().unsigned_abs() * 1000 + u64::from(moment.millisecond());
    [[0; 10], [0xff; 10]].map(|random| Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// The event of a click on the link of this code, of which nothing else is known. Each has an id of its own.
#[must_use]
pub fn click_event(code: &str) -> Event {
    let now = datetime!(2026-11-21 09:30 UTC);
    Event {
        id: uuid_at(now).into(),
        source: Text::new("/test").expect("a short text"),
        time: now,
        subject: None,
        sequence: None,
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        data: Data::LinkClicked(LinkClicked {
            link_id: Uuid::nil(),
            short_code: code.parse().expect("a code"),
            timestamp: now,
            user_agent: None,
            ip_address: None,
            referrer: None,
            accept_language: None,
            utm: Utm::default(),
            edge_country: None,
        }),
    }
}

/// A click of a person on a desktop, from a country that is not known, without a referrer; made at this moment.
#[must_use]
pub fn click(link_id: Uuid, clicked_at: OffsetDateTime) -> Click {
    Click {
        event_id: uuid_at(clicked_at),
        link_id,
        clicked_at,
        is_bot: false,
        short_code: "abc".to_owned(),
        country: "ZZ".to_owned(),
        device: "desktop",
        browser: None,
        os: None,
        traffic_source: "direct",
        referrer_host: None,
        referrer: None,
        user_agent: None,
        accept_language: None,
        ip: None,
        utm: [const { None }; 5],
    }
}
