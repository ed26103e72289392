//! Threads, comments and votes on a real PostgreSQL: what is answered, what is stored, and what is told of it.

mod atomic;
mod authors;
mod comments;
mod create;
mod deleted;
mod idempotency;
mod outages;
mod pages;
mod publishing;
mod refusals;
mod scopes;
mod views;
mod votes;
mod waiting;
mod world;
