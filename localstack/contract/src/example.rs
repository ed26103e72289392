use events::{
    AuthAction, AuthStatus, CommentAdded, CommentDeleted, CommentEdited, Data, Event, EventType, InventoryAdjusted,
    LinkClicked, OrderItem, OrderItems, OrderPlaced, PaymentSettled, PaymentStatus, SystemAudit, Text, ThreadCreated,
    ThreadDeleted, ThreadEdited, ThreadViewed, Topic, UserAuth, UserRegistered, UserUpdated, Utm, Vote, VoteCast,
    Whole,
};
use time::macros::datetime;
use uuid::{Uuid, uuid};

const FIRST_ID: Uuid = uuid!("019aa5c1-6f40-7000-8000-000000000010");
const THREAD: &str = "019aa5c1-7000-7000-8000-000000000020";
const COMMENT: &str = "019aa5c1-9000-7000-8000-000000000022";

/// An event of this type, as documents show it.
#[must_use]
pub fn example(event_type: EventType) -> Event {
    let data = data(event_type);
    let is_click = event_type == EventType::LinkClicked;
    let source = match event_type.topic() {
        Topic::LinkClicks => "/onceward/redirect",
        Topic::UserEvents | Topic::SystemAudit => "/campus/accounts",
        Topic::OrderEvents => "/shop",
        Topic::DiscussionEvents => "/onceward/discussions-api",
    };
    Event {
        id: id(event_type).into(),
        source: text(source),
        time: datetime!(2026-11-21 09:30:00.25 UTC),
        subject: Text::new(data.key()).ok(),
        sequence: (!is_click).then(|| text("0000000007")),
        correlation_id: Some(text("019aa5c1-6f40-7000-8000-000000000001")),
        causation_id: None,
        traceparent: Some(text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        data,
    }
}

/// One for each type: the same source and id would be the same event.
fn id(event_type: EventType) -> Uuid {
    let place = EventType::ALL.iter().position(|other| *other == event_type);
    Uuid::from_u128(FIRST_ID.as_u128() + place.map_or(0, |place| place as u128))
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("an example keeps to the limits")
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("an example is valid")
}

fn data(event_type: EventType) -> Data {
    match event_type {
        EventType::LinkClicked => Data::LinkClicked(click()),
        EventType::UserRegistered => Data::UserRegistered(UserRegistered {
            user_id: parsed("u-1842"),
            user_type: text("student"),
            email: parsed("ada@example.com"),
            display_name: Some(text("Ada")),
        }),
        EventType::UserUpdated => Data::UserUpdated(UserUpdated {
            user_id: parsed("u-1842"),
            updated_fields: vec![text("email")],
            user_type: None,
            email: Some(parsed("ada@lovelace.example")),
            display_name: None,
        }),
        EventType::UserAuth => Data::UserAuth(UserAuth {
            user_id: parsed("u-1842"),
            action: AuthAction::Login,
            status: AuthStatus::Success,
            ip_address: Some(parsed("203.0.113.7")),
            user_agent: Some(text("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")),
        }),
        EventType::SystemAudit => Data::SystemAudit(SystemAudit {
            event_type: text("grade.changed"),
            user_id: parsed("u-7"),
            action: text("update"),
            resource: text("courses/c-12/grades/u-1842"),
            status: text("success"),
            detail: Some(text("corrected after an appeal")),
        }),
        EventType::OrderPlaced => Data::OrderPlaced(OrderPlaced {
            order_id: parsed("o-7731"),
            user_id: parsed("u-1842"),
            items: OrderItems::new(vec![line("mug-blue", 2, 1250), line("postcard", 1, 150)])
                .expect("an example keeps to the limits"),
            currency: parsed("EUR"),
        }),
        EventType::PaymentSettled => Data::PaymentSettled(PaymentSettled {
            payment_id: parsed("p-90210"),
            order_id: parsed("o-7731"),
            amount: whole(2650),
            currency: parsed("EUR"),
            status: PaymentStatus::Settled,
        }),
        EventType::InventoryAdjusted => Data::InventoryAdjusted(InventoryAdjusted {
            adjustment_id: parsed("a-551"),
            sku: parsed("mug-blue"),
            delta: whole(-2),
            reason: text("order o-7731"),
        }),
        EventType::ThreadCreated => Data::ThreadCreated(ThreadCreated {
            thread_id: parsed(THREAD),
            course_id: parsed("c-12"),
            title: text("Who borrows what?"),
            author_id: parsed("u-1842"),
        }),
        EventType::ThreadViewed => {
            Data::ThreadViewed(ThreadViewed { thread_id: parsed(THREAD), viewer_id: Some(parsed("u-7")) })
        }
        EventType::ThreadEdited => Data::ThreadEdited(ThreadEdited {
            thread_id: parsed(THREAD),
            title: text("Who borrows what, and for how long?"),
            author_id: parsed("u-1842"),
        }),
        EventType::ThreadDeleted => Data::ThreadDeleted(ThreadDeleted { thread_id: parsed(THREAD) }),
        EventType::CommentAdded => Data::CommentAdded(CommentAdded {
            thread_id: parsed(THREAD),
            comment_id: parsed(COMMENT),
            parent_id: Some(parsed("019aa5c1-8000-7000-8000-000000000021")),
            author_id: parsed("u-7"),
        }),
        EventType::CommentEdited => {
            Data::CommentEdited(CommentEdited { thread_id: parsed(THREAD), comment_id: parsed(COMMENT) })
        }
        EventType::CommentDeleted => {
            Data::CommentDeleted(CommentDeleted { thread_id: parsed(THREAD), comment_id: parsed(COMMENT) })
        }
        EventType::VoteCast => Data::VoteCast(VoteCast {
            thread_id: parsed(THREAD),
            comment_id: Some(parsed(COMMENT)),
            voter_id: parsed("u-1842"),
            vote: Vote::Up,
            previous: Vote::None,
        }),
    }
}

fn whole<const MIN: i64, const MAX: i64>(number: i64) -> Whole<MIN, MAX> {
    Whole::new(number).expect("an example keeps to the limits")
}

fn line(sku: &str, quantity: i64, unit_price: i64) -> OrderItem {
    OrderItem { sku: parsed(sku), quantity: whole(quantity), unit_price: whole(unit_price) }
}

fn click() -> LinkClicked {
    LinkClicked {
        link_id: uuid!("019aa5c0-0000-7000-8000-000000000001"),
        short_code: parsed("spring"),
        timestamp: datetime!(2026-11-21 09:30:00.25 UTC),
        user_agent: Some(text("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")),
        ip_address: Some(parsed("203.0.113.7")),
        referrer: Some(text("https://news.example/today")),
        accept_language: Some(text("sv-SE,sv;q=0.9")),
        utm: Utm { source: Some(text("letter")), medium: Some(text("email")), ..Utm::default() },
        edge_country: Some(parsed("SE")),
    }
}
