#![doc = include_str!("../README.md")]

mod caller;
mod key;
mod page;
mod problems;
mod routes;
mod scope;

pub use caller::{Caller, Keys};
pub use key::{InvalidKey, Key};
pub use page::{Cursor, Page, limit};
pub use problems::{Failure, invalid, media_type, reason, unread_body, unsupported_media_type};
pub use routes::{Routes, SECURITY_SCHEME, operations, problem};
pub use scope::{Grant, InvalidGrant, Scope};
