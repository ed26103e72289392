#![doc = include_str!("../README.md")]

mod deadline;
mod logs;
mod problem;
mod request;
mod shutdown;
mod statements;

pub use deadline::remaining;
pub use logs::{init_logs, init_logs_to};
pub use problem::{Fault, Problem};
pub use request::Request;
pub use shutdown::on_shutdown;
pub use statements::take_statements;
