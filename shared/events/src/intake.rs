//! What other people's programs send, checked and made into records: the same record in whichever way an event comes.
//!
//! An event is checked by the decoder that the consumers use, and more strictly: what is kept of it must mean the same to every
//! program that reads it.

mod accept;
mod arrival;
mod binary;
mod draft;
mod flaw;
mod members;
mod names;
mod plain;
mod sound;
mod structured;

pub use accept::{Accepted, is_taken_as_source};
pub use arrival::Arrival;
pub use binary::binary;
pub use draft::{Draft, Scalar};
pub use flaw::{Flaw, Unreadable};
pub use plain::plain;
pub use structured::{batch, structured};
