//! What people discuss in courses. Whoever changes a thread, a comment or a vote locks the thread first.

pub mod comments;
pub mod threads;
pub mod votes;
