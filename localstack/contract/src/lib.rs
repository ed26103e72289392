#![doc = include_str!("../README.md")]

mod compare;
mod event_schema;
mod example;
mod files;
mod history;
mod inline;
mod openapi;
mod page;

pub use compare::incompatibilities;
pub use event_schema::{event_schema, file_name};
pub use example::example;
pub use files::{Documents, check, documents, write};
pub use history::{Earlier, earlier};
pub use openapi::openapi;
