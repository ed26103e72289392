//! A click, from the request to its row, and a discussion, from the request to what it comes to, through the built functions; and with each
//! part killed on the way. `make test` builds the functions first.

mod discussions;
mod frozen;
mod killed;
mod path;
mod path_test;
mod relayed;
mod repaired;
mod runtime_api;
mod timed_out;
mod traced;
