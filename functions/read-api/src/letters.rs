//! Dead letters: which there are, all that is known of one, and what becomes of them.

mod answer;
pub(crate) mod discard;
mod filter;
pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod show;
