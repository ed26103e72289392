#![doc = include_str!("../README.md")]

mod database;
mod topic;
mod wait;

pub use database::TestDatabase;
pub use topic::{Read, TestTopic, bootstrap};
pub use wait::eventually;
