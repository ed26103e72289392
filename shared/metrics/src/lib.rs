#![doc = include_str!("../README.md")]

mod line;

pub use line::{Metric, line, start, write};
