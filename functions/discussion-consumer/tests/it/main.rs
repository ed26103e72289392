//! Events of discussions into a real PostgreSQL, once each, whatever is delivered and in whatever order.

mod at_once;
mod contents;
mod erased;
mod family;
mod histories;
mod plain;
mod sums;
mod waiting;
mod world;
