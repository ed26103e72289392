#![doc = include_str!("../README.md")]

mod aggregates;
mod api_key;
mod clicks;
mod database;
mod discussions;
mod log;
mod outage;
mod records;
mod scopes;
mod servers;
mod shop;
mod state;
mod statistics;
mod topic;
mod traces;
mod users;
mod wait;

pub use aggregates::{aggregates_equal_facts, rollups_equal_facts};
pub use api_key::api_key;
pub use clicks::{click, click_event, uuid_at, uuid_bounds_at};
pub use database::TestDatabase;
pub use discussions::{
    comment_added, comment_deleted, comment_edited, thread_created, thread_deleted, thread_edited, thread_viewed,
    vote_cast,
};
pub use log::Log;
pub use outage::break_tables;
pub use records::{payload, raw_record, record};
pub use scopes::{routes, scope_table};
pub use servers::{artifacts, freeze};
pub use shop::{inventory_adjusted, order_placed, payment_settled};
/// For the statements of tests alone: those of the product stand in `store`.
pub use sqlx;
pub use state::{State, assert_same, read_state};
pub use statistics::read_rows;
pub use topic::{Read, TestTopic, bootstrap, unique_name};
pub use traces::traces_of;
pub use users::{system_audit, user_auth, user_registered, user_updated};
pub use wait::eventually;
