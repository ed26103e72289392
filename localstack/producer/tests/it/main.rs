//! What the producer makes, sends and finds, on the real servers.

mod coherent;
mod found;
mod menu;
mod path;
mod world;
