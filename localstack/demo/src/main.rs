#![doc = include_str!("../README.md")]

mod copies;
mod database;
mod kafka;
mod mishaps;
mod operator;
mod plan;
mod progress;
mod report;
mod services;
mod story;
mod visit;
mod visitors;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    stack::report(story::run().await)
}
