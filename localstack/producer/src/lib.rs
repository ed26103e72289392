#![doc = include_str!("../README.md")]

mod arguments;
mod commands;
mod deed;
mod journal;
mod mixture;
mod parcel;
mod progress;
mod rubbish;
mod send;
mod shop;
mod transmit;
pub mod verify;

pub use arguments::Arguments;
pub use commands::run;
pub use deed::Deed;
pub use journal::{Attempts, Content, Entry, Header, Journal, Record};
pub use mixture::{Mixture, Shares};
pub use parcel::{Parcel, What};
pub use rubbish::Rubbish;
pub use send::{Answer, Way};
pub use shop::Shop;
pub use transmit::{News, Pace, Sent, again, transmit};
