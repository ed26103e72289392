//! Orders, payments and adjustments of stock in, one transaction: each counts once, in whatever order they come.

mod compare;
mod handler;
mod row;
mod write;

pub use handler::OrderConsumer;
