//! Makes partitions ahead, removes what is old, and folds counts. It applies no event.

mod deadline;
mod housekeeper;

pub use housekeeper::{Done, Housekeeper, INBOX_KEEP_DAYS};
