#![doc = include_str!("../README.md")]

mod audit;
mod chunk;
mod drain;
mod forward;
mod publishing;
mod write;

pub use audit::audit;
pub use drain::{Drained, drain, drain_all};
pub use forward::{Forwarded, forward};
pub use publishing::{Publishing, publisher};
pub use write::{WriteError, write};
