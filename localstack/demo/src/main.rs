#![doc = include_str!("../README.md")]

mod api;
mod copies;
mod database;
mod kafka;
mod mishaps;
mod operator;
mod people;
mod plan;
mod progress;
mod report;
mod services;
mod story;
mod tampering;
mod visit;
mod visitors;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    stack::report(story::run().await)
}
