#![doc = include_str!("../README.md")]

mod body;
mod caller;
mod gateway;
mod idempotency;
mod key;
mod new_key;
mod page;
mod problems;
pub mod query;
mod repairs;
mod routes;
mod scope;
mod selection;
mod tagged;

pub use body::json;
pub use caller::{Caller, Keys};
pub use gateway::{answer, serve};
pub use idempotency::Idempotency;
pub use key::{InvalidKey, Key};
pub use new_key::{InvalidNewKey, NewKey, key_created, key_revoked};
pub use page::{Cursor, Page};
pub use problems::{Failure, invalid, media_type, reason, unread_body, unsupported_media_type};
pub use repairs::Repaired;
pub use routes::{Description, Routes, SECURITY_SCHEME, operations, problem};
pub use scope::{Grant, InvalidGrant, Scope};
pub use selection::{selected_by, selected_ids};
pub use tagged::tagged;
