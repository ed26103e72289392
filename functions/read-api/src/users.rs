//! Users: who they are, what they did, and that they are erased.

pub(crate) mod auth_events;
pub(crate) mod erase;
pub(crate) mod show;
