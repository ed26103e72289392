//! The engine on a real PostgreSQL, state by state: parked, released, expired, sent on again, refused, frozen.

mod bisection;
mod breaker;
mod expired;
mod failures;
mod frozen;
mod hostile;
mod late;
mod lines;
mod parked;
mod redriven;
mod shop;
mod stuck;
mod together;
