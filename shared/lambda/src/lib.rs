#![doc = include_str!("../README.md")]

mod deadline;
mod logs;
mod problem;
mod shutdown;

pub use deadline::remaining;
pub use logs::init_logs;
pub use problem::{Fault, Problem};
pub use shutdown::on_shutdown;
