use consumer::{Entity, Reading, Refusal};
use events::{Data, Event, InventoryAdjusted, OrderItem, OrderPlaced, PaymentSettled};
use store::inventory::{self, Adjustment};
use store::orders::{self, Item, Order};
use store::payments::{self, Payment};
use time::OffsetDateTime;

/// What orders need.
pub(crate) const USER: &str = "user";
/// What payments need.
pub(crate) const ORDER: &str = "order";

/// What is stored of an event.
pub(crate) enum Row {
    Order(Order),
    Payment(Payment),
    Adjustment(Adjustment),
}

/// Which event it was, and when it happened.
struct Origin {
    event_source: String,
    event_id: String,
    time: OffsetDateTime,
}

impl Row {
    /// What an event is to this function; refuses what belongs on other topics.
    pub(crate) fn read(event: &Event) -> Result<Reading<Self>, Refusal> {
        let origin =
            Origin { event_source: event.source.to_string(), event_id: event.id.to_string(), time: event.time };
        Ok(match &event.data {
            Data::OrderPlaced(placed) => {
                let order = Entity::new(ORDER, placed.order_id.as_str());
                let user = Entity::new(USER, placed.user_id.as_str());
                Reading::new(0, Self::Order(order_of(placed, origin))).creates(order).needs(user)
            }
            Data::PaymentSettled(settled) => {
                let order = Entity::new(ORDER, settled.order_id.as_str());
                Reading::new(1, Self::Payment(payment_of(settled, origin))).needs(order)
            }
            Data::InventoryAdjusted(adjusted) => Reading::new(2, Self::Adjustment(adjustment_of(adjusted, origin))),
            Data::LinkClicked(_)
            | Data::UserRegistered(_)
            | Data::UserUpdated(_)
            | Data::UserAuth(_)
            | Data::SystemAudit(_)
            | Data::ThreadCreated(_)
            | Data::ThreadViewed(_)
            | Data::ThreadEdited(_)
            | Data::ThreadDeleted(_)
            | Data::CommentAdded(_)
            | Data::CommentEdited(_)
            | Data::CommentDeleted(_)
            | Data::VoteCast(_) => return Err(Refusal::unexpected(event.event_type())),
        })
    }
}

fn order_of(placed: &OrderPlaced, origin: Origin) -> Order {
    let item = |item: &OrderItem| Item {
        sku: item.sku.to_string(),
        quantity: item.quantity.get(),
        unit_price: item.unit_price.get(),
    };
    Order {
        order_id: placed.order_id.to_string(),
        content: orders::Content {
            user_id: placed.user_id.to_string(),
            currency: placed.currency.to_string(),
            items: placed.items.lines().iter().map(item).collect(),
        },
        total: placed.items.total(),
        event_source: origin.event_source,
        event_id: origin.event_id,
        placed_at: origin.time,
    }
}

fn payment_of(settled: &PaymentSettled, origin: Origin) -> Payment {
    Payment {
        payment_id: settled.payment_id.to_string(),
        content: payments::Content {
            order_id: settled.order_id.to_string(),
            amount: settled.amount.get(),
            currency: settled.currency.to_string(),
            status: settled.status.name().to_owned(),
        },
        event_source: origin.event_source,
        event_id: origin.event_id,
        settled_at: origin.time,
    }
}

fn adjustment_of(adjusted: &InventoryAdjusted, origin: Origin) -> Adjustment {
    Adjustment {
        adjustment_id: adjusted.adjustment_id.to_string(),
        content: inventory::Content {
            sku: adjusted.sku.to_string(),
            delta: adjusted.delta.get(),
            reason: adjusted.reason.to_string(),
        },
        event_source: origin.event_source,
        event_id: origin.event_id,
        adjusted_at: origin.time,
    }
}
