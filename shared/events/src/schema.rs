//! What the contract looks like to a schema: payloads derive it, and this is the rest.

mod envelope;

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

pub use envelope::Envelope;

use crate::currency::CODES;
use crate::{
    AdjustmentId, CommentAdded, CommentDeleted, CommentEdited, CommentId, Country, CourseId, Currency, Email, EventId,
    EventType, InventoryAdjusted, LinkClicked, OrderId, OrderPlaced, PaymentId, PaymentSettled, ShortCode, Sku,
    SystemAudit, Text, ThreadCreated, ThreadDeleted, ThreadEdited, ThreadId, ThreadViewed, UserAuth, UserId,
    UserRegistered, UserUpdated, VoteCast, Whole,
};

/// No character is NUL.
const WITHOUT_NUL: &str = r"^[^\u0000]*$";

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn named(schema: ObjectBuilder, pattern: &str) -> RefOr<Schema> {
    schema.pattern(Some(pattern)).into()
}

/// A limit is one of bytes in UTF-8, and a schema counts characters: it lets through what is too long by its other letters alone.
impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        named(string().min_length(Some(1)).max_length(Some(MAX)), WITHOUT_NUL)
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

impl PartialSchema for EventId {
    fn schema() -> RefOr<Schema> {
        Text::<128>::schema()
    }
}

impl ToSchema for EventId {}

impl PartialSchema for ShortCode {
    fn schema() -> RefOr<Schema> {
        named(string(), "^[A-Za-z0-9_-]{1,64}$")
    }
}

impl ToSchema for ShortCode {}

impl PartialSchema for UserId {
    fn schema() -> RefOr<Schema> {
        named(string(), "^[A-Za-z0-9_.:-]{1,128}$")
    }
}

impl ToSchema for UserId {}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        named(string().max_length(Some(254)), r"^[^\s\u0000-\u001f\u007f-\u009f]+@[^\s\u0000-\u001f\u007f-\u009f]+$")
    }
}

impl ToSchema for Email {}

impl PartialSchema for Country {
    fn schema() -> RefOr<Schema> {
        named(string(), "^(?![Xx][Xx]|[Zz][Zz])[A-Za-z]{2}$")
    }
}

impl ToSchema for Country {}

/// The same for each id of a shop or a discussion.
macro_rules! entity_id {
    ($($name:ident)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                named(string(), "^[A-Za-z0-9_.:-]{1,128}$")
            }
        }

        impl ToSchema for $name {}
    )*};
}

entity_id!(AdjustmentId CommentId CourseId OrderId PaymentId Sku ThreadId);

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        string().enum_values(Some(CODES)).into()
    }
}

impl ToSchema for Currency {}

impl<const MIN: i64, const MAX: i64> PartialSchema for Whole<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        number.minimum(Some(MIN)).maximum(Some(MAX)).into()
    }
}

impl<const MIN: i64, const MAX: i64> ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }
}

/// An IPv4 or IPv6 address.
pub(crate) struct Address;

impl PartialSchema for Address {
    fn schema() -> RefOr<Schema> {
        let of = |format| string().format(Some(SchemaFormat::KnownFormat(format)));
        AnyOfBuilder::new().item(of(KnownFormat::Ipv4)).item(of(KnownFormat::Ipv6)).into()
    }
}

impl ToSchema for Address {}

impl EventType {
    /// The schema of its payload.
    #[must_use]
    pub fn payload_schema(self) -> RefOr<Schema> {
        match self {
            Self::LinkClicked => LinkClicked::schema(),
            Self::UserRegistered => UserRegistered::schema(),
            Self::UserUpdated => UserUpdated::schema(),
            Self::UserAuth => UserAuth::schema(),
            Self::SystemAudit => SystemAudit::schema(),
            Self::OrderPlaced => OrderPlaced::schema(),
            Self::PaymentSettled => PaymentSettled::schema(),
            Self::InventoryAdjusted => InventoryAdjusted::schema(),
            Self::ThreadCreated => ThreadCreated::schema(),
            Self::ThreadViewed => ThreadViewed::schema(),
            Self::ThreadEdited => ThreadEdited::schema(),
            Self::ThreadDeleted => ThreadDeleted::schema(),
            Self::CommentAdded => CommentAdded::schema(),
            Self::CommentEdited => CommentEdited::schema(),
            Self::CommentDeleted => CommentDeleted::schema(),
            Self::VoteCast => VoteCast::schema(),
        }
    }

    /// The schemas that the one of its payload refers to, by their names.
    #[must_use]
    pub fn payload_parts(self) -> Vec<(String, RefOr<Schema>)> {
        let mut parts = Vec::new();
        match self {
            Self::LinkClicked => LinkClicked::schemas(&mut parts),
            Self::UserRegistered => UserRegistered::schemas(&mut parts),
            Self::UserUpdated => UserUpdated::schemas(&mut parts),
            Self::UserAuth => UserAuth::schemas(&mut parts),
            Self::SystemAudit => SystemAudit::schemas(&mut parts),
            Self::OrderPlaced => OrderPlaced::schemas(&mut parts),
            Self::PaymentSettled => PaymentSettled::schemas(&mut parts),
            Self::InventoryAdjusted => InventoryAdjusted::schemas(&mut parts),
            Self::ThreadCreated => ThreadCreated::schemas(&mut parts),
            Self::ThreadViewed => ThreadViewed::schemas(&mut parts),
            Self::ThreadEdited => ThreadEdited::schemas(&mut parts),
            Self::ThreadDeleted => ThreadDeleted::schemas(&mut parts),
            Self::CommentAdded => CommentAdded::schemas(&mut parts),
            Self::CommentEdited => CommentEdited::schemas(&mut parts),
            Self::CommentDeleted => CommentDeleted::schemas(&mut parts),
            Self::VoteCast => VoteCast::schemas(&mut parts),
        }
        parts
    }
}
