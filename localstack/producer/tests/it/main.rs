//! What the producer makes, sends and finds, on the real servers.

mod coherent;
mod compared;
mod found;
mod interrupted;
mod killed;
mod menu;
mod path;
mod world;
