#![doc = include_str!("../README.md")]

mod line;
mod metric;

pub use line::{Group, line, start, write, write_groups};
pub use metric::Metric;
