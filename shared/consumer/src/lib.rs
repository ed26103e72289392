#![doc = include_str!("../README.md")]

mod admit;
mod apply;
mod breaker;
mod consumer;
mod content;
mod dead_letter;
mod drain;
mod engine;
mod error;
mod existing;
mod failure;
mod fate;
mod headers;
mod item;
mod log;
mod pass;
mod process;
mod record;
mod report;
mod rounds;
mod settle;
mod tally;
mod tick;
mod transaction;
mod version;

pub use consumer::{Consumer, Effect, Entity, Reading};
pub use content::{differing, effects, firsts, told_again};
pub use engine::Engine;
pub use error::ProcessError;
pub use item::{Batch, Item, Refusal};
pub use record::{Payload, Record};
pub use tally::Outcomes;
pub use version::{order_time, version};
