#![doc = include_str!("../README.md")]

mod database;
mod servers;
mod topic;
mod wait;

pub use database::TestDatabase;
pub use servers::artifacts;
pub use topic::{Read, TestTopic, bootstrap, unique_name};
pub use wait::eventually;
