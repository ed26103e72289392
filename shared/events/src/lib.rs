#![doc = include_str!("../README.md")]

mod attributes;
mod country;
mod currency;
mod data;
mod decode;
mod discussion;
mod encode;
mod entity_id;
pub mod intake;
mod inventory_adjusted;
mod link_clicked;
mod moment;
mod order;
#[cfg(feature = "schema")]
mod schema;
mod system_audit;
mod text;
mod topic;
mod trace;
mod user;
mod whole;

pub use attributes::{CLOUDEVENTS_JSON, Event, EventId, OWN_SOURCES, Source, uuid_v7_at};
pub use country::Country;
pub use currency::{Currency, InvalidCurrency};
pub use data::{Data, EventType};
pub use decode::{DecodeError, Identity, Rejection, Wire, decode};
pub use discussion::{
    CommentAdded, CommentDeleted, CommentEdited, ThreadCreated, ThreadDeleted, ThreadEdited, ThreadViewed, Vote,
    VoteCast,
};
pub use entity_id::{AdjustmentId, CommentId, CourseId, InvalidEntityId, OrderId, PaymentId, Sku, ThreadId};
pub use inventory_adjusted::{Delta, InventoryAdjusted};
pub use link_clicked::{LinkClicked, ShortCode, Utm};
pub use order::{
    Amount, InvalidItems, OrderItem, OrderItems, OrderPlaced, PaymentSettled, PaymentStatus, Price, Quantity,
};
#[cfg(feature = "schema")]
pub use schema::Envelope;
pub use system_audit::SystemAudit;
pub use text::{InvalidText, Text};
pub use topic::Topic;
pub use trace::TraceId;
pub use user::{
    AuthAction, AuthStatus, Email, InvalidEmail, InvalidUserId, UserAuth, UserId, UserRegistered, UserType, UserUpdated,
};
pub use whole::{OutOfRange, Whole};
