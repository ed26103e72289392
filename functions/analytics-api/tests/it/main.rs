//! What the routes answer, on a real PostgreSQL.

mod course;
mod databases;
mod outages;
mod plans;
mod refusals;
mod scopes;
mod tags;
mod thread;
mod top;
mod world;
