#![doc = include_str!("../README.md")]

mod attributes;
mod country;
mod data;
mod decode;
mod encode;
pub mod intake;
mod link_clicked;
mod moment;
#[cfg(feature = "schema")]
mod schema;
mod system_audit;
mod text;
mod topic;
mod trace;
mod user;

pub use attributes::{CLOUDEVENTS_JSON, Event, EventId, OWN_SOURCES, Source, uuid_v7_at};
pub use country::Country;
pub use data::{Data, EventType};
pub use decode::{DecodeError, Identity, Rejection, Wire, decode};
pub use link_clicked::{LinkClicked, ShortCode, Utm};
#[cfg(feature = "schema")]
pub use schema::Envelope;
pub use system_audit::SystemAudit;
pub use text::{InvalidText, Text};
pub use topic::Topic;
pub use trace::TraceId;
pub use user::{
    AuthAction, AuthStatus, Email, InvalidEmail, InvalidUserId, UserAuth, UserId, UserRegistered, UserType, UserUpdated,
};
