#![doc = include_str!("../README.md")]

mod api;
mod copies;
mod database;
mod discussions;
mod kafka;
mod mishaps;
mod operator;
mod people;
mod plan;
mod progress;
mod report;
mod scenarios;
mod services;
mod shop;
mod story;
mod tampering;
mod visit;
mod visitors;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::scenarios::Scenarios;

/// Shows events travel through Kafka into PostgreSQL, counted and compared.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the commands of docs/scenarios.md, and compares what they print
    Scenarios(Scenarios),
}

#[tokio::main]
async fn main() -> ExitCode {
    stack::report(match Arguments::parse().command {
        Some(Command::Scenarios(wanted)) => scenarios::run(&wanted).await,
        None => story::run().await,
    })
}
