//! User and audit events in, one transaction: each reaches the directory, the history of logins and the audit log, or none of them.

mod directory;
mod handler;
mod register;
mod row;
mod told;
mod update;
mod write;

pub use handler::EventFanout;
