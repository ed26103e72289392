#![doc = include_str!("../README.md")]

mod error;
mod events;
mod function;
mod model;
mod parameters;
mod properties;
mod resources;
mod topic;
mod tree;

pub use error::TemplateError;
pub use model::{Function, Mapping, Route, Schedule, StartingPosition, Template, Topic};
