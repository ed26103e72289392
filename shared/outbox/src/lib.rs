#![doc = include_str!("../README.md")]

mod audit;
mod chunk;
mod drain;
mod forward;
mod write;

pub use audit::audit;
pub use drain::{Drained, budget, drain, drain_all};
pub use forward::{Forwarded, forward};
pub use write::{WriteError, write};
