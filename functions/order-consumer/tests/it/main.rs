//! Events of a shop into a real PostgreSQL, once each, whatever is delivered and in whatever order.

mod at_once;
mod contents;
mod erased;
mod family;
mod histories;
mod ledger;
mod money;
mod plain;
mod waiting;
mod world;
