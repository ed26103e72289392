#![doc = include_str!("../README.md")]

mod batch;
mod dead_letter;
mod process;
mod record;

pub use batch::{Batch, Refusal};
pub use process::{Outcomes, process};
pub use record::{Payload, Record};
