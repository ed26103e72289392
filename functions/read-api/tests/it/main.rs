//! What the routes answer, on a real PostgreSQL, and what they change.

mod audit;
mod dead_letters;
mod discard;
mod erase;
mod faults;
mod outages;
mod pages;
mod parked;
mod plans;
mod redrive;
mod refusals;
mod shop;
mod tags;
mod unpublished;
mod users;
mod world;
