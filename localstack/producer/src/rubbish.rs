use events::{Amount, Currency, Data, Event, OrderItems, OrderPlaced, PaymentSettled, PaymentStatus, Quantity, Topic};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Builder;

use crate::shop::SOURCE;
use crate::{Parcel, What};

/// Records that can never take effect, whatever else arrives, and in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rubbish {
    /// Half of an event.
    Half,
    /// Bytes that are no text.
    Bytes,
    /// JSON that is no event.
    NoEvent,
    /// An event of a type that nobody knows.
    UnknownType,
    /// An order whose price is a number with a point.
    FloatMoney,
    /// An order of nothing.
    NoItems,
    /// A payment in another currency than its order.
    OtherCurrency,
    /// An order under the id of another one.
    OtherContent,
}

impl Rubbish {
    const ALL: [Self; 8] = [
        Self::Half,
        Self::Bytes,
        Self::NoEvent,
        Self::UnknownType,
        Self::FloatMoney,
        Self::NoItems,
        Self::OtherCurrency,
        Self::OtherContent,
    ];

    /// Whether the intake over HTTP cannot know that it is rubbish, because it is an event like others.
    #[must_use]
    pub fn is_sound(self) -> bool {
        matches!(self, Self::OtherCurrency | Self::OtherContent)
    }

    /// Some, whatever it is, to be sent behind this event; no two shops have the same. What contradicts an order wants one that was
    /// sent before.
    pub(crate) fn any(random: &mut StdRng, behind: &Event, order: Option<&OrderPlaced>) -> Parcel {
        let (kind, at) = (Self::ALL[random.random_range(0..Self::ALL.len())], behind.time);
        let (id, unlike_others) = (id(random, at), format!("{:08x}", random.random::<u32>()));
        let mark = format!("{}-{unlike_others}", behind.key());
        match (kind, order) {
            (Self::OtherCurrency, Some(order)) => contradiction(kind, id, at, in_other_currency(order, &unlike_others)),
            (Self::OtherContent, Some(order)) => contradiction(kind, id, at, with_other_content(order)),
            (Self::OtherCurrency | Self::OtherContent, None) => Self::NoEvent.unreadable(&mark),
            (Self::Half | Self::Bytes | Self::NoEvent, _) => kind.unreadable(&mark),
            (Self::UnknownType | Self::FloatMoney | Self::NoItems, _) => kind.unsound(&id, &mark),
        }
    }

    /// Without an id that could be read. No two are the same, and half of them come to another consumer.
    fn unreadable(self, mark: &str) -> Parcel {
        let value = match self {
            Self::Half => format!(r#"{{"specversion":"1.0","type":"order.placed","mark":"{mark}""#).into_bytes(),
            Self::Bytes => [&[0xff_u8, 0xfe, 0x00][..], mark.as_bytes()].concat(),
            _ => json!({"hello": "world", "mark": mark}).to_string().into_bytes(),
        };
        let topic = if mark.ends_with(|last| last < '8') { Topic::OrderEvents } else { Topic::UserEvents };
        Parcel { what: What::Rubbish(self), topic, key: mark.to_owned(), value, event_id: None }
    }

    /// An envelope as it should be, around what should not.
    fn unsound(self, id: &str, mark: &str) -> Parcel {
        let item = |price: Value| json!([{"sku": "x", "quantity": 1, "unitPrice": price}]);
        let (event_type, items) = match self {
            Self::UnknownType => ("order.lost", item(json!(1))),
            Self::FloatMoney => ("order.placed", item(json!(9.99))),
            _ => ("order.placed", json!([])),
        };
        let value = json!({
            "specversion": "1.0", "id": id, "source": SOURCE, "type": event_type, "time": "2026-11-21T09:30:00Z",
            "data": {"orderId": mark, "userId": mark, "items": items, "currency": "EUR"},
        });
        let value = value.to_string().into_bytes();
        Parcel {
            what: What::Rubbish(self),
            topic: Topic::OrderEvents,
            key: mark.to_owned(),
            value,
            event_id: Some(id.to_owned()),
        }
    }
}

fn id(random: &mut StdRng, at: OffsetDateTime) -> String {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random.random()).into_uuid().to_string()
}

/// A sound event that contradicts another. It has the key of the order, so that it comes behind it.
fn contradiction(kind: Rubbish, id: String, time: OffsetDateTime, data: Data) -> Parcel {
    let event = Event {
        id: events::EventId::new(id).expect("a UUID"),
        source: events::Source::new(SOURCE).expect("a short text"),
        time,
        subject: None,
        sequence: None,
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        data,
    };
    Parcel { what: What::Rubbish(kind), ..Parcel::of(&event) }
}

fn in_other_currency(order: &OrderPlaced, unlike_others: &str) -> Data {
    let other = |code: &str| code.parse::<Currency>().expect("a currency");
    let currency = if order.currency == other("CHF") { other("SEK") } else { other("CHF") };
    Data::PaymentSettled(PaymentSettled {
        payment_id: format!("{}-x-{unlike_others}", order.order_id).parse().expect("an id"),
        order_id: order.order_id.clone(),
        amount: Amount::new(order.items.total().max(1)).expect("some money"),
        currency,
        status: PaymentStatus::Settled,
    })
}

fn with_other_content(order: &OrderPlaced) -> Data {
    let mut lines = order.items.lines().to_vec();
    let first = lines.first_mut().expect("an order has a line");
    first.quantity = Quantity::new(first.quantity.get() + 1).expect("a small number");
    let items = OrderItems::new(lines).expect("little money");
    Data::OrderPlaced(OrderPlaced { items, ..order.clone() })
}
