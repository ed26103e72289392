//! What happens in discussions in, one transaction: each event counts once for its thread, its course and the calendar, in whatever order
//! they come.

mod handler;
mod row;
mod write;

pub use handler::DiscussionConsumer;
