#![doc = include_str!("../README.md")]

mod chunk;
mod drain;
mod forward;
mod write;

pub use drain::{Drained, budget, drain, drain_all};
pub use forward::{Forwarded, forward};
pub use write::{WriteError, write};
