#![doc = include_str!("../README.md")]

mod child;
mod functions;
mod key;
mod label;
mod log;
mod session;
mod welcome;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Serves all functions on <http://127.0.0.1:9000> (`ONCEWARD_HTTP_PORT`) while they are edited; Ctrl-C ends it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a function with its name before each line it writes; cargo calls this
    #[command(hide = true)]
    Label {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    stack::report(match Arguments::parse().command {
        Some(Command::Label { command }) => label::run(&command).await,
        None => session::run().await,
    })
}
