//! A click, from the request to its row, through the built functions; and with each part killed on the way.
//! `make test` builds the functions first.

mod frozen;
mod killed;
mod path;
mod path_test;
mod relayed;
mod repaired;
mod runtime_api;
mod timed_out;
mod traced;
