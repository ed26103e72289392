#![doc = include_str!("../README.md")]

mod kafka;
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
