//! User and audit events into a real PostgreSQL, once each, whatever is delivered and in whatever order.

mod addresses;
mod at_once;
mod audit;
mod erased;
mod erasure;
mod family;
mod logins;
mod orders;
mod registrations;
mod updates;
mod world;
