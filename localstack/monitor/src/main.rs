//! `make monitor` and a part of `make check`: see the crate's README.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs Prometheus on <http://127.0.0.1:9090> (`ONCEWARD_PROMETHEUS_PORT`), reading what runs on this machine; Ctrl-C ends it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Lets promtool judge the configuration, the alerts with their tests, and the dashboard's expressions
    Check,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    stack::report(match Arguments::parse().command {
        Some(Command::Check) => monitor::check().await,
        None => monitor::run().await,
    })
}
